import type { Errand, ErrandReply } from "../../../../src/integrations/redis/purse.js";

interface Account {
  spent: number;
  leased: number;
  last: number;
  reply: ErrandReply | undefined;
}

/** What the scripts do on the server, in a few lines and without time: one purse, whose window never ends. */
export class LedgerDouble {
  readonly #max: number;
  #accounts = new Map<string, Account>();
  /** Nobody is lent anything while this holds. */
  grace = false;
  epoch = 1;

  constructor(maxNano: number) {
    this.#max = maxNano;
  }

  /** Forgets everything, as a server that was restarted; grace until every process has told what it knows. */
  flush(): void {
    this.#accounts = new Map();
    this.epoch += 1;
    this.grace = true;
  }

  spent(): number {
    return [...this.#accounts.values()].reduce((sum, account) => sum + account.spent, 0);
  }

  carry(who: string, epoch: number, errand: Errand): ErrandReply {
    if (epoch !== this.epoch) return { status: "epoch", grant: 0, waitMs: 1 };
    const own = this.#accounts.get(who) ?? { spent: 0, leased: 0, last: 0, reply: undefined };
    if (errand.kind === "seed") {
      const spent = errand.byAge.reduce((sum, [, amount]) => sum + amount, 0);
      this.#accounts.set(who, { spent, leased: errand.leased, last: errand.seq, reply: undefined });
      return { status: "ok", grant: 0, waitMs: 1 };
    }
    if (own.last === errand.seq && own.reply) return own.reply;
    if (own.last !== errand.seq - 1) return { status: "seed", grant: 0, waitMs: 1 };
    const others = [...this.#accounts].filter(([id]) => id !== who).map(([, account]) => account);
    const lent = others.reduce((sum, account) => sum + account.leased, 0);
    const gone = others.reduce((sum, account) => sum + account.spent, 0) + own.spent + errand.spent;
    const mine = Math.max(0, own.leased - errand.spent - errand.returned);
    const unspent = this.#max - gone;
    const free = unspent - lent - mine;
    let status: ErrandReply["status"] = "ok";
    let grant = 0;
    if (errand.wanted > 0) {
      if (this.grace) status = "rejoining";
      else if (free >= errand.needed && free > 0)
        grant = Math.min(errand.wanted, Math.max(errand.needed, Math.floor(free / 2)), free);
      else if (unspent <= 0 || unspent < errand.least) status = "exceeded";
      else if (lent > 0 || mine > 0) status = "lent";
      else if (errand.alone) grant = errand.needed;
      else status = "exceeded";
    }
    const reply = { status, grant, waitMs: 1_000 };
    this.#accounts.set(who, { spent: own.spent + errand.spent, leased: mine + grant, last: errand.seq, reply });
    return reply;
  }
}
