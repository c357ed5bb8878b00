import { sha256 } from "../../chat/hash.js";
import type {
  SharedGateState,
  SharedHold,
  SharedPurse,
  SharedRefusal,
  SharedStateMember,
  SharedStateSession,
} from "../../contract/shared-state.js";
import { setBackgroundTimeout, type TimerHandle } from "../../core/clock.js";
import type { FleetReading } from "./counts.js";
import { type Link, LinkDown } from "./link.js";
import { type Message, parseObject, readGate, readMessage } from "./messages.js";
import type { Settings } from "./options.js";
import type { Port } from "./port.js";
import { ProbeLocks } from "./probe-locks.js";
import type { Errand, ErrandReply, Purse } from "./purse.js";
import { Purses } from "./purses.js";
import { EXCHANGE, PUBLISH_GATE, SEED, SYNC } from "./scripts.js";
import { Usage } from "./usage.js";

/** Everything but purses lives this long without a word, milliseconds. */
const TTL_MS = 120_000;
/** A process that said nothing for so long is gone, milliseconds. */
const DEAD_MS = 30_000;
/** While everybody tells what they had spent, nobody is lent any; besides four syncs, milliseconds. */
const GRACE_MS = 2_000;
/** What another process says again is not applied again, unless it says more, milliseconds. */
const SAME_MS = 50;

/** What one session counts, besides its link. */
export interface SessionCounts {
  members: number;
  overspentUsd: number;
  refusedAlone: number;
}

/** One router's place in the fleet, over one link. */
export class RedisSession implements SharedStateSession {
  readonly counts: SessionCounts = { members: 1, overspentUsd: 0, refusedAlone: 0 };
  readonly #own = crypto.randomUUID().slice(0, 13);
  readonly #settings: Settings;
  readonly #link: Link;
  readonly #member: SharedStateMember;
  readonly #candidates: ReadonlySet<string>;
  readonly #locks: ProbeLocks;
  readonly #usage: Usage;
  readonly #purses: Purses;
  /** Until when each candidate waits, as far as this process knows; on its own clock. */
  readonly #noted = new Map<string, { readonly open: number; readonly cool: number }>();
  readonly #joined: Promise<void>;
  #applying: string | undefined;
  #epoch = "";
  #timer: TimerHandle;
  #syncing: Promise<void> | undefined;
  #closed = false;
  #wasUp = true;
  #unlisten: (() => Promise<void>) | undefined;

  constructor(settings: Settings, port: Port, link: Link, member: SharedStateMember) {
    this.#settings = settings;
    this.#link = link;
    this.#member = member;
    this.#candidates = new Set(member.candidates);
    const lockOf = (candidate: string): string => this.#key(`probe:${sha256(candidate).slice(0, 22)}`);
    this.#locks = new ProbeLocks(link, settings.clock, this.#own, lockOf, member.candidates);
    this.#usage = new Usage(member);
    this.#purses = new Purses({
      clock: settings.clock,
      waitMs: settings.waitMs,
      onUnavailable: settings.onUnavailable,
      up: () => link.up,
      carry: (purse, errand) => this.#carry(purse, errand),
      hungry: (purse) => void this.#tell({ kind: "hungry", from: this.#own, purse: purse.id }),
      overspent: (usd) => {
        this.counts.overspentUsd += usd;
      },
      refusedAlone: () => {
        this.counts.refusedAlone += 1;
      },
    });
    this.#joined = this.#sync();
    void this.#listen(port);
  }

  publish(candidate: string, state: SharedGateState): void {
    // A gate that changes because of what was heard has nothing to tell.
    if (candidate === this.#applying) return;
    if (state.state === "open") this.#locks.opened(candidate, state.openForMs);
    if (state.state !== "half_open") void this.#locks.release(candidate);
    const { coolDownForMs, reason } = state;
    // A cool-down says nothing of the breaker, whatever this process thinks of it: somebody else may have opened theirs.
    const closed = state.state === "closed" && coolDownForMs === 0;
    const told: SharedGateState =
      closed || state.state === "open" ? state : { ...state, state: "half_open", openForMs: 0 };
    if (!this.#note(candidate, told)) return;
    const message: Message = { kind: "gate", from: this.#own, candidate, state: told };
    const waits = [whole(told.openForMs), whole(coolDownForMs), closed ? "1" : "0"];
    const args = [this.#channel, candidate, ...waits, JSON.stringify(message), reason ?? "", String(TTL_MS)];
    this.#link.run(PUBLISH_GATE, [this.#key("gates")], args).catch(() => {});
  }

  mayProbe(candidate: string): boolean {
    return this.#locks.mayProbe(candidate);
  }

  calling(candidate: string, change: 1 | -1): void {
    this.#usage.calling(candidate, change);
  }

  callingElsewhere(candidate: string): number {
    return this.#link.up ? this.#usage.elsewhere(candidate) : 0;
  }

  /** What the whole fleet's calls came to, as last heard. */
  reading(): { readonly [candidate: string]: FleetReading } {
    return this.#usage.reading();
  }

  take(
    rule: SharedPurse,
    usd: number,
    leastUsd = usd,
  ): SharedHold | SharedRefusal | Promise<SharedHold | SharedRefusal> {
    return this.#purses.of(rule).take(usd, leastUsd);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#settings.clock.clearTimeout(this.#timer);
    await this.#syncing?.catch(() => {});
    await this.#purses.leave();
    await this.#locks.close();
    await this.#link.command(this.#key("members"), ["HDEL", this.#key("members"), this.#own]).catch(() => {});
    await this.#unlisten?.().catch(() => {});
  }

  /** All keys of a fleet share one slot of a cluster: scripts touch several. */
  #key(name: string): string {
    return `{${this.#settings.namespace}}:${name}`;
  }

  get #channel(): string {
    return this.#key("news");
  }

  async #listen(port: Port): Promise<void> {
    try {
      const unlisten = await port.listen(this.#channel, (text) => this.#hear(text));
      if (this.#closed) await unlisten();
      else this.#unlisten = unlisten;
    } catch {
      // Without a channel of its own, news comes with every sync.
      this.#link.counts.failures += 1;
    }
  }

  async #tell(message: Message): Promise<void> {
    await this.#link.command(this.#channel, ["PUBLISH", this.#channel, JSON.stringify(message)]).catch(() => {});
  }

  #hear(text: string): void {
    if (this.#closed) return;
    const message = readMessage(text);
    if (!message) {
      this.#link.counts.corrupt += 1;
    } else if (message.from !== this.#own) {
      if (message.kind === "hungry") this.#purses.giveBack(message.purse);
      else this.#apply(message.candidate, message.state);
    }
  }

  #apply(candidate: string, state: SharedGateState): void {
    if (!this.#candidates.has(candidate)) return;
    if (!this.#note(candidate, state)) return;
    // Whose probe is under way will know better in a moment; opened anew, its breaker would forget that probe.
    const probing = state.openForMs > 0 && this.#locks.holds(candidate);
    if (probing && state.coolDownForMs === 0) return;
    const told: SharedGateState = probing ? { ...state, state: "half_open", openForMs: 0 } : state;
    if (told.openForMs > 0) this.#locks.opened(candidate, told.openForMs);
    this.#applying = candidate;
    try {
      this.#member.apply(candidate, told);
    } finally {
      this.#applying = undefined;
    }
  }

  /** Whether this is news: the same is told by the channel, and again by every sync, to the one who said it as well. */
  #note(candidate: string, { openForMs, coolDownForMs }: SharedGateState): boolean {
    if (openForMs === 0 && coolDownForMs === 0) {
      this.#noted.delete(candidate);
      return true;
    }
    const now = this.#settings.clock.now();
    const { open, cool } = this.#noted.get(candidate) ?? { open: 0, cool: 0 };
    const grown = (forMs: number, until: number): boolean => forMs > 0 && now + forMs > until + SAME_MS;
    if (!grown(openForMs, open) && !grown(coolDownForMs, cool)) return false;
    this.#noted.set(candidate, { open: Math.max(open, now + openForMs), cool: Math.max(cool, now + coolDownForMs) });
    return true;
  }

  #schedule(): void {
    if (this.#closed) return;
    const { clock, syncMs } = this.#settings;
    this.#timer = setBackgroundTimeout(clock, () => void this.#sync(), syncMs);
  }

  /** One heartbeat: tells, hears, and lets every purse say what it must. Never rejects. */
  #sync(): Promise<void> {
    this.#syncing ??= this.#exchangeNews()
      .catch((error: unknown) => {
        if (!(error instanceof LinkDown)) this.#link.counts.corrupt += 1;
        this.#usage.lost();
      })
      .finally(() => {
        this.#syncing = undefined;
        if (!this.#wasUp && this.#link.up) this.#rejoin();
        this.#wasUp = this.#link.up;
        this.#purses.tend();
        this.#settings.clock.clearTimeout(this.#timer);
        this.#schedule();
      });
    return this.#syncing;
  }

  async #exchangeNews(): Promise<void> {
    const keys = ["epoch", "grace", "members", "counts", "gates"].map((name) => this.#key(name));
    const grace = GRACE_MS + 4 * this.#settings.syncMs;
    const { calls, counted } = this.#usage.outgoing();
    const fresh = crypto.randomUUID();
    const args = [this.#own, this.#epoch, fresh, String(DEAD_MS), String(grace), calls, counted, String(TTL_MS)];
    const reply = parseObject(await this.#link.run(SYNC, keys, args));
    if (typeof reply?.epoch !== "string") throw new TypeError("no epoch");
    const known = this.#epoch;
    this.#epoch = reply.epoch;
    if (typeof reply.members === "number") this.counts.members = Math.max(1, reply.members);
    if (typeof reply.corrupt === "number") this.#link.counts.corrupt += reply.corrupt;
    this.#usage.incoming(reply.calls, reply.sums);
    for (const [candidate, gate] of Object.entries(asFields(reply.gates))) {
      const openForMs = asFields(gate).openForMs;
      const state = readGate({
        ...asFields(gate),
        state: typeof openForMs === "number" && openForMs > 0 ? "open" : "half_open",
      });
      if (!state) this.#link.counts.corrupt += 1;
      else if (state.openForMs > 0 || state.coolDownForMs > 0) this.#apply(candidate, state);
    }
    if (known !== "" && known !== this.#epoch) {
      this.#rejoin();
      this.#purses.reseed();
    }
  }

  /** The others may have missed what was said while the server was away. */
  #rejoin(): void {
    for (const candidate of this.#candidates) {
      const state = this.#member.read(candidate);
      if (state.openForMs === 0 && state.coolDownForMs === 0) continue;
      this.#noted.delete(candidate);
      this.publish(candidate, state);
    }
  }

  async #carry(purse: Purse, errand: Errand): Promise<ErrandReply> {
    // Without an epoch nothing can be said; the first sync brings it, or fails.
    if (this.#epoch === "") await this.#joined;
    const keys = [this.#key("epoch"), this.#key(`purse:${purse.id}`)];
    const head = [this.#epoch, this.#own, String(errand.seq), String(purse.rule.windowMs)];
    const { spent, returned, wanted, needed, least, alone, leased, byAge } = errand;
    const numbers = [
      spent,
      returned,
      wanted,
      needed,
      purse.maxNano,
      this.counts.members,
      DEAD_MS,
      least,
      alone ? 1 : 0,
    ];
    const reply =
      errand.kind === "seed"
        ? await this.#link.run(SEED, keys, [...head, String(leased), JSON.stringify(byAge)])
        : await this.#link.run(EXCHANGE, [...keys, this.#key("grace")], [...head, ...numbers.map(String)]);
    const { status, grant, wait } = parseObject(reply) ?? {};
    const known = STATUSES.find((each) => each === status);
    if (known === undefined) {
      this.#link.counts.corrupt += 1;
      throw new LinkDown("an answer that makes no sense");
    }
    if (known === "epoch") void this.#sync();
    const granted = Number(grant ?? 0);
    return {
      status: known,
      grant: Number.isSafeInteger(granted) && granted > 0 ? granted : 0,
      waitMs: typeof wait === "number" && wait > 0 ? wait : 1,
    };
  }
}

const STATUSES = ["ok", "lent", "exceeded", "rejoining", "seed", "epoch"] as const;

function asFields(value: unknown): { readonly [field: string]: unknown } {
  return typeof value === "object" && value !== null ? (value as { readonly [field: string]: unknown }) : {};
}

/** A wait as the scripts take it; an endless one is a day. */
function whole(ms: number): string {
  return String(Math.ceil(Math.min(Math.max(0, ms), 86_400_000)));
}
