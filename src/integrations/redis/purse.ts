import type { SharedHold, SharedPurse, SharedRefusal } from "../../contract/shared-state.js";
import { type Clock, setBackgroundTimeout, type TimerHandle } from "../../core/clock.js";
import { RecentSpend } from "./recent-spend.js";

/** Billionths of a dollar: a cheap call costs some thousands of them, and whole numbers never drift. */
const NANO = 1e9;
/** A slice by default, and its bounds, as shares of the purse. */
const SLICE = { least: 0.005, first: 0.02, most: 0.1 };
/** A slice that was gone within this time is followed by a larger one, milliseconds. */
const QUICKLY_MS = 1_000;
/** Unused money goes back after this, milliseconds. */
const IDLE_MS = 5_000;
/** Something is said at least this often while money is out, milliseconds; silence for 30 s means spent. */
const REPORT_MS = 5_000;
/** Asked again for what others hold unused, or what is not told yet, after this, milliseconds. */
const ASK_AGAIN_MS = 50;

/** An exchange or a seed that is under way, or whose answer is not known yet. */
export interface Errand {
  readonly kind: "exchange" | "seed";
  readonly seq: number;
  readonly spent: number;
  readonly returned: number;
  readonly wanted: number;
  readonly needed: number;
  /** What must be unspent for any grant. */
  readonly least: number;
  /** Whether the call may run alone in the fleet, beyond what fits. */
  readonly alone: boolean;
  readonly leased: number;
  readonly byAge: readonly (readonly [number, number])[];
}

export interface ErrandReply {
  readonly status: "ok" | "lent" | "exceeded" | "rejoining" | "seed" | "epoch";
  readonly grant: number;
  readonly waitMs: number;
}

/** What a purse asks of the session it belongs to. */
export interface PurseHost {
  readonly clock: Clock;
  readonly waitMs: number;
  readonly onUnavailable: "refuse" | "spend";
  readonly up: () => boolean;
  /** Carries an errand; rejects where nobody can say whether it arrived. */
  readonly carry: (purse: Purse, errand: Errand) => Promise<ErrandReply>;
  readonly hungry: (purse: Purse) => void;
  readonly overspent: (usd: number) => void;
  readonly refusedAlone: () => void;
}

interface Waiter {
  readonly amount: number;
  readonly least: number;
  /** Granted beyond what fits, for one call: what it leaves goes back at once. */
  lone: boolean;
  readonly settle: (outcome: SharedHold | SharedRefusal) => void;
  timer: TimerHandle;
}

/** What an exchange asks for. */
type Wish = Pick<Errand, "wanted" | "needed" | "least" | "alone">;

const NO_WISH: Wish = { wanted: 0, needed: 0, least: 0, alone: false };

/** This process's slice of one shared budget. */
export class Purse {
  readonly id: string;
  readonly rule: SharedPurse;
  readonly maxNano: number;
  readonly #host: PurseHost;
  readonly #recent: RecentSpend;
  #free = 0;
  #held = 0;
  #unreported = 0;
  /** Left over from calls that ran alone: goes back with the next errand. */
  #back = 0;
  #seq = 0;
  #errand: Errand | undefined;
  #carrying = false;
  #mustSeed = false;
  #slice: number;
  #waiters: Waiter[] = [];
  #last: ErrandReply["status"] = "ok";
  #waitMs = 1;
  #takenAtMs: number;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #again: TimerHandle;

  constructor(id: string, rule: SharedPurse, host: PurseHost) {
    this.id = id;
    this.rule = rule;
    this.maxNano = Math.floor(rule.maxUsd * NANO);
    this.#host = host;
    this.#recent = new RecentSpend(rule.windowMs);
    this.#slice = SLICE.first;
    this.#takenAtMs = host.clock.now();
  }

  /** Nothing out, nothing to tell: it has nothing to say until somebody takes from it. */
  get quiet(): boolean {
    const nothing = this.#free === 0 && this.#held === 0 && this.#unreported === 0 && this.#back === 0;
    return nothing && this.#waiters.length === 0 && !this.#errand && !this.#mustSeed;
  }

  /** Whether a call of this process holds money of it, or waits for some. */
  get inUse(): boolean {
    return this.#held > 0 || this.#waiters.length > 0;
  }

  /** Whether the server would have to be told of it, if it lost its memory. */
  get hasSpent(): boolean {
    return !this.quiet || this.#recent.byAge(this.#host.clock.now()).length > 0;
  }

  take(usd: number, leastUsd = usd): SharedHold | SharedRefusal | Promise<SharedHold | SharedRefusal> {
    const amount = nano(usd);
    const least = nano(leastUsd);
    if (least > this.maxNano) return { refused: "exceeded", retryAfterMs: this.rule.windowMs };
    this.#takenAtMs = this.#host.clock.now();
    if (this.#waiters.length === 0 && this.#free >= amount) {
      const hold = this.#hold(amount);
      if (this.#free < (this.#slice * this.maxNano) / 4) this.#ask();
      return hold;
    }
    if (!this.#host.up()) return this.#alone(amount);
    return new Promise((resolve) => {
      const waiter: Waiter = { amount, least, lone: false, settle: resolve, timer: undefined };
      waiter.timer = this.#host.clock.setTimeout(() => this.#tooLong(waiter), this.#host.waitMs);
      this.#waiters.push(waiter);
      this.#ask();
    });
  }

  /** Now and then: sends what must be said. */
  tend(): void {
    const { clock } = this.#host;
    const now = clock.now();
    if (this.#errand || this.#mustSeed) {
      this.#send();
      return;
    }
    const out = this.#free > 0 || this.#held > 0 || this.#unreported > 0 || this.#back > 0;
    if (this.#free > 0 && now - this.#takenAtMs > IDLE_MS) this.giveBack();
    else if (out && now - this.#askedAtMs > Math.min(REPORT_MS, this.rule.windowMs / 40)) this.#exchange(0);
  }

  /** Unused money goes back, and what was spent is told: others need to know, or nobody here needs it. */
  giveBack(): void {
    const nothing = this.#free === 0 && this.#back === 0 && this.#unreported === 0;
    if (this.#errand || this.#waiters.length > 0 || nothing) return;
    this.#exchange(this.#free);
  }

  /** The server lost its memory: what was spent and what is out is told anew before anything else. */
  reseed(): void {
    this.#mustSeed = true;
    this.#send();
  }

  /** The last words of a process that leaves. */
  async leave(): Promise<void> {
    this.#host.clock.clearTimeout(this.#again);
    for (const waiter of this.#waiters.splice(0)) this.#refuse(waiter, "unavailable");
    if (this.#errand || (this.#free === 0 && this.#unreported === 0 && this.#back === 0)) return;
    const errand = this.#errandOf("exchange", this.#free);
    await this.#host.carry(this, errand).catch(() => {});
  }

  #hold(amount: number, lone = false): SharedHold {
    this.#free -= amount;
    this.#held += amount;
    let open = true;
    const end = (cost: number): void => {
      if (!open) return;
      open = false;
      this.#held -= amount;
      if (lone && cost <= amount) this.#back += amount - cost;
      else this.#free += amount - cost;
      if (cost > 0) this.#recent.book(this.#host.clock.now(), cost);
      this.#unreported += cost;
      // A call may cost more than was held for it: the rest comes out of the slice, then out of what nobody granted.
      if (this.#free < 0) {
        this.#host.overspent(-this.#free / NANO);
        this.#free = 0;
      }
      this.#serve();
      if (this.#back > 0 && !this.#errand && !this.#mustSeed) this.#exchange(0);
    };
    return {
      settle: (usd) => end(Number.isFinite(usd) ? Math.max(0, Math.round(usd * NANO)) : amount),
      release: () => end(0),
    };
  }

  /** Nobody can be asked, and the slice is empty. */
  #alone(amount: number): SharedHold | SharedRefusal {
    if (this.#host.onUnavailable === "refuse") {
      this.#host.refusedAlone();
      return { refused: "unavailable", retryAfterMs: 1_000 };
    }
    this.#host.overspent((amount - this.#free) / NANO);
    // Granted by nobody: added to the slice, and told as spent when the server is back.
    this.#free = Math.max(this.#free, amount);
    return this.#hold(amount);
  }

  #tooLong(waiter: Waiter): void {
    this.#waiters = this.#waiters.filter((each) => each !== waiter);
    const known = this.#last === "lent" || this.#last === "exceeded";
    if (known && this.#host.up()) this.#refuse(waiter, this.#last === "lent" ? "held" : "exceeded");
    else waiter.settle(this.#alone(waiter.amount));
  }

  #refuse(waiter: Waiter, refused: SharedRefusal["refused"]): void {
    this.#host.clock.clearTimeout(waiter.timer);
    // What others hold unused comes back within seconds; what is spent leaves with the window.
    const soon = refused !== "exceeded";
    waiter.settle({ refused, retryAfterMs: soon ? 1_000 : this.#waitMs });
  }

  /** Gives waiting calls what there is, in their order. */
  #serve(): void {
    for (let next = this.#waiters[0]; next && this.#free >= next.amount; next = this.#waiters[0]) {
      this.#waiters.shift();
      this.#host.clock.clearTimeout(next.timer);
      next.settle(this.#hold(next.amount, next.lone));
    }
  }

  /** Asks for another slice, unless somebody is on the way. */
  #ask(): void {
    if (this.#errand || this.#mustSeed) return;
    const now = this.#host.clock.now();
    const agoMs = now - this.#askedAtMs;
    const factor = agoMs < QUICKLY_MS ? 2 : agoMs < Number.POSITIVE_INFINITY ? 0.5 : 1;
    this.#slice = Math.min(SLICE.most, Math.max(SLICE.least, this.#slice * factor));
    const first = this.#waiters[0];
    if (first && first.least < first.amount && this.#held === 0) {
      // It may have to run alone: then nothing of this process may be out beside it.
      this.#exchange(this.#free, { wanted: first.amount, needed: first.amount, least: first.least, alone: true });
      return;
    }
    // If every process keeps a part too small for its first call, all wait for each other: the part goes back.
    const returned = first && this.#last === "lent" ? this.#free : 0;
    const kept = this.#free - returned;
    const waiting = this.#waiters.reduce((sum, { amount }) => sum + amount, 0) - kept;
    const wanted = Math.max(waiting, Math.floor(this.#slice * this.maxNano), 1);
    const needed = Math.max(1, (first?.amount ?? 0) - kept);
    this.#exchange(returned, { wanted, needed, least: first?.least ?? 0, alone: false });
  }

  #exchange(returned: number, wish: Wish = NO_WISH): void {
    this.#errand = this.#errandOf("exchange", returned, wish);
    this.#send();
  }

  #errandOf(kind: Errand["kind"], returned: number, { wanted, needed, least, alone }: Wish = NO_WISH): Errand {
    const now = this.#host.clock.now();
    this.#askedAtMs = now;
    const spent = this.#unreported;
    this.#unreported = 0;
    this.#free -= returned;
    const byAge = kind === "seed" ? this.#recent.byAge(now) : [];
    const back = returned + this.#back;
    this.#back = 0;
    const leased = this.#free + this.#held;
    return { kind, seq: ++this.#seq, spent, returned: back, wanted, needed, least, alone, leased, byAge };
  }

  /** Carries the errand in hand. One at a time; the same again where its answer was lost. */
  #send(): void {
    if (this.#carrying || !this.#host.up()) return;
    if (this.#mustSeed) {
      this.#mustSeed = false;
      // Whatever an unanswered errand said is in what is told now.
      this.#errand = this.#errandOf("seed", 0);
    }
    const errand = this.#errand;
    if (!errand) return;
    this.#carrying = true;
    this.#host
      .carry(this, errand)
      .then((reply) => this.#landed(errand, reply))
      .catch(() => {})
      .finally(() => {
        this.#carrying = false;
        if (this.#mustSeed) this.#send();
      });
  }

  #landed(errand: Errand, { status, grant, waitMs }: ErrandReply): void {
    if (status === "epoch") return;
    this.#errand = undefined;
    if (status === "seed") {
      this.#mustSeed = true;
      return;
    }
    if (errand.wanted > 0) this.#last = status;
    this.#waitMs = waitMs;
    this.#free += grant;
    const [first] = this.#waiters;
    if (errand.alone && grant > 0 && first) first.lone = true;
    this.#serve();
    if (this.#waiters.length > 0) this.#unmet(status);
  }

  /** Somebody still waits: is there hope? */
  #unmet(status: ErrandReply["status"]): void {
    if (status === "exceeded") {
      // A request that needs as much of the unspent money as the first is refused with it.
      const least = this.#waiters[0]?.least ?? 0;
      const waiters = this.#waiters;
      this.#waiters = waiters.filter((waiter) => waiter.least < least);
      for (const waiter of waiters) if (waiter.least >= least) this.#refuse(waiter, "exceeded");
      if (this.#waiters.length === 0) return;
    }
    if (status === "lent") this.#host.hungry(this);
    this.#host.clock.clearTimeout(this.#again);
    this.#again = setBackgroundTimeout(
      this.#host.clock,
      () => this.#ask(),
      status === "lent" || status === "rejoining" ? ASK_AGAIN_MS : 0,
    );
  }
}

function nano(usd: number): number {
  return Math.max(0, Math.ceil((Number.isNaN(usd) ? 0 : usd) * NANO));
}
