import type { Store } from "../contract/store.js";
import { type Clock, setBackgroundTimeout } from "../core/clock.js";
import { type Envelope, Stamps, seal, unseal } from "./envelope.js";
import { type InvalidationNews, Invalidations } from "./invalidations.js";
import { give } from "./measure.js";
import { StoreCircuit } from "./store-circuit.js";
import type { EntryView, StoreStats } from "./types.js";
import { WriteQueue } from "./write-queue.js";

/** Where drops are recorded for other processes. */
const RECORD = "signalbox:invalidations";

/** How old another process's record may be, milliseconds. */
const RECORD_MS = 5_000;

/** Look-ups under way at once; more count as misses. */
const MAX_READS = 256;

/** A write has this many times the patience of a look-up: nobody waits for it. */
const WRITE_PATIENCE = 20;

const FAILED = Symbol("failed");

/** What memory is told. */
export interface TierNews extends InvalidationNews {
  /** The store had it: at once, before anything can invalidate it. */
  readonly found: (key: string, entry: Envelope) => void;
}

/** The second tier: reads with a bounded wait, writes behind, and a circuit around both. Nothing here ever rejects. */
export class StoreTier {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #news: TierNews;
  readonly #circuit = new StoreCircuit();
  readonly #stamps = new Stamps();
  readonly #invalid = new Invalidations();
  readonly #queue: WriteQueue;
  readonly #reads = new Map<string, Promise<Envelope | undefined>>();
  /** The last reading of the record, and when it began; entries are trusted once it was read. */
  #recordReading: Promise<void> | null = null;
  #recordAtMs = -Infinity;
  /** The store is to be emptied, and being emptied: what is written after comes after. */
  #clearDue = false;
  #clearing: Promise<void> | undefined;
  #closed = false;
  readonly #counts = { hits: 0, misses: 0, skipped: 0, corrupt: 0, writes: 0, errors: 0 };

  constructor(store: Store, clock: Clock, timeoutMs: number, queueLimit: number, news: TierNews) {
    this.#store = store;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#news = news;
    this.#queue = new WriteQueue(clock, queueLimit, () => this.#circuit.waitMs(clock.now()));
  }

  /** Left alone for a while, because it fails or hangs. */
  get down(): boolean {
    return this.#circuit.open;
  }

  /** The entry, if the store has it, gives it in time, and nothing has invalidated it. Equal look-ups share one. */
  read(key: string): Promise<Envelope | undefined> {
    const under = this.#reads.get(key);
    if (under !== undefined) return under;
    if (this.#closed || this.#reads.size >= MAX_READS || !this.#circuit.admit(this.#clock.now())) {
      this.#counts.skipped++;
      return Promise.resolve(undefined);
    }
    const reading = this.#read(key).finally(() => this.#reads.delete(key));
    this.#reads.set(key, reading);
    return reading;
  }

  /** Takes a value in the cache's own form. */
  write(key: string, value: unknown, ttlMs: number, tags: readonly string[], cost: number): void {
    if (ttlMs === 0) {
      this.#erase(key);
      return;
    }
    const wallNowMs = this.#clock.wallNow();
    const expires = ttlMs === Infinity ? null : wallNowMs + ttlMs;
    const before = this.#stamps.next(wallNowMs);
    const at = this.#stamps.next(wallNowMs);
    const entry = () => seal(key, { at, expires, value: give(value), tags, cost });
    this.#invalid.writing(key, before);
    this.#push(key, async () => {
      await this.#clearing;
      // Whole: Redis takes no fraction of a millisecond.
      await this.#store.set(key, entry(), ttlMs === Infinity ? undefined : Math.ceil(ttlMs));
      this.#invalid.written(key, before);
    });
  }

  delete(key: string): void {
    this.#invalid.tell(key, this.#erase(key));
    this.#record();
  }

  deleteByTag(tag: string, others: readonly string[]): void {
    this.#invalid.tag(tag, others, this.#stamps.next(this.#clock.wallNow()));
    this.#record();
  }

  /** @param picked the keys of those that memory held; of others the store is rid as they are found. */
  deleteWhere(predicate: (entry: EntryView) => boolean, picked: readonly string[]): void {
    this.#invalid.where(predicate, this.#stamps.next(this.#clock.wallNow()));
    for (const key of picked) this.delete(key);
  }

  clear(): void {
    this.#invalid.all(this.#stamps.next(this.#clock.wallNow()));
    this.#clearDue = true;
    this.#record();
  }

  /** An entry whose value cannot be read. */
  unreadable(key: string): void {
    this.#counts.corrupt++;
    this.#erase(key);
  }

  /** Reads what other processes dropped, where that is some seconds old: for those whom memory alone answers. */
  hear(): void {
    if (this.#closed || this.#circuit.open || this.#clock.now() - this.#recordAtMs < RECORD_MS) return;
    void this.#refresh();
  }

  stats(): StoreStats {
    return {
      ...this.#counts,
      dropped: this.#queue.dropped,
      queued: this.#queue.size,
      circuit: this.#circuit.open ? "open" : "closed",
    };
  }

  /** Waits until all writes are made, at most `timeoutMs`. */
  async flush(timeoutMs: number): Promise<void> {
    await this.#within(this.#queue.idle(), timeoutMs, true);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#queue.close();
    const close = this.#store.close?.bind(this.#store);
    if (close !== undefined) await this.#within(attempt(close), this.#timeoutMs * WRITE_PATIENCE, true);
  }

  async #read(key: string): Promise<Envelope | undefined> {
    const look = async () => {
      await this.#refresh();
      return this.#store.get(key);
    };
    const found = await this.#call(look, this.#timeoutMs, true);
    if (found === FAILED) {
      this.#counts.skipped++;
      return undefined;
    }
    const entry = found === undefined || found === null ? undefined : unseal(key, found);
    if (found !== undefined && found !== null && entry === undefined) this.#counts.corrupt++;
    const alive =
      entry !== undefined &&
      (entry.expires === null || entry.expires > this.#clock.wallNow()) &&
      this.#invalid.allows(key, entry);
    const picked = alive && this.#invalid.picked(key, entry);
    if (picked && !this.#queue.has(key)) this.delete(key);
    if (!alive || picked) {
      this.#counts.misses++;
      return undefined;
    }
    this.#counts.hits++;
    this.#news.found(key, entry);
    return entry;
  }

  /** Reads what other processes dropped: before the first look-up, then every few seconds. */
  async #refresh(): Promise<void> {
    const nowMs = this.#clock.now();
    if (nowMs - this.#recordAtMs >= RECORD_MS) {
      const first = this.#recordAtMs === -Infinity;
      this.#recordAtMs = nowMs;
      const work = attempt(() => this.#readRecord());
      const reading = this.#within(work, this.#timeoutMs, false).then((outcome) => {
        if (outcome === FAILED) this.#recordAtMs = -Infinity;
      });
      if (first) this.#recordReading = reading;
    }
    await this.#recordReading;
  }

  async #readRecord(): Promise<void> {
    this.#invalid.merge(await this.#store.get(RECORD), this.#news);
  }

  /** Deletes it in the store; the stamp of that. */
  #erase(key: string): number {
    const at = this.#stamps.next(this.#clock.wallNow());
    this.#invalid.key(key, at);
    this.#push(key, async () => {
      await this.#store.delete(key);
      this.#invalid.keyDone(key, at);
    });
    return at;
  }

  #record(): void {
    const work = async () => {
      if (this.#clearDue) {
        this.#clearDue = false;
        this.#clearing = this.#empty();
        await this.#clearing;
      }
      await this.#readRecord();
      await this.#store.set(RECORD, this.#invalid.toJSON());
    };
    this.#push(RECORD, work, true);
  }

  /** Empties the store, before the record is written and whatever was set since; never rejects. */
  async #empty(): Promise<void> {
    await this.#call(async () => this.#store.clear?.(), this.#timeoutMs * WRITE_PATIENCE, false);
  }

  #push(key: string, work: () => Promise<void>, must = false): void {
    const write = async () => {
      const done = (await this.#call(work, this.#timeoutMs * WRITE_PATIENCE, false)) !== FAILED;
      if (done) this.#counts.writes++;
      return done;
    };
    this.#queue.push(key, write, must);
  }

  /** One call of the store, told to the circuit. */
  async #call<T>(work: () => Promise<T>, timeoutMs: number, waited: boolean): Promise<T | typeof FAILED> {
    const outcome = await this.#within(attempt(work), timeoutMs, waited);
    if (outcome === FAILED) {
      this.#counts.errors++;
      this.#circuit.failed(this.#clock.now());
    } else this.#circuit.succeeded();
    return outcome;
  }

  /** The promise's value, or `FAILED` when it rejects or takes too long; `waited`: by a caller. */
  #within<T>(work: Promise<T>, timeoutMs: number, waited: boolean): Promise<T | typeof FAILED> {
    return new Promise((resolve) => {
      const expire = () => resolve(FAILED);
      const timer = waited
        ? this.#clock.setTimeout(expire, timeoutMs)
        : setBackgroundTimeout(this.#clock, expire, timeoutMs);
      const settle = (value: T | typeof FAILED) => {
        this.#clock.clearTimeout(timer);
        resolve(value);
      };
      work.then(settle, () => settle(FAILED));
    });
  }
}

/** Calls it; what it throws at once becomes a rejection too. */
async function attempt<T>(work: () => Promise<T>): Promise<T> {
  return work();
}
