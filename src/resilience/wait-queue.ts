/** Which of the waiting calls go first. */
export type Priority = "interactive" | "default" | "batch";

/** One that waits: a node of its priority's list, so that leaving from the middle costs nothing. */
export interface Waiting {
  readonly priority: Priority;
  readonly bytes: number;
  /** Whose call it is; within a lane tenants take turns. */
  readonly tenant?: string | undefined;
  /** Its place in the order of turns; set by the queue. */
  turn?: number;
  prev: Waiting | undefined;
  next: Waiting | undefined;
  /** Whether it stands in the queue. */
  queued: boolean;
}

interface Lane {
  first: Waiting | undefined;
  last: Waiting | undefined;
  size: number;
  /** The turn that was served last. */
  turn: number;
  /** The last turn given to each tenant that waits, and how many of its calls do. */
  readonly tenants: Map<string | undefined, { turn: number; waiting: number }>;
}

/** Three bounded lanes, in each of which tenants take turns. Full means `maxItems` or `maxBytes`, whichever comes first. */
export class WaitQueue<T extends Waiting> {
  readonly #maxItems: number;
  readonly #maxBytes: number;
  readonly #lanes = { interactive: lane(), default: lane(), batch: lane() };
  size = 0;
  bytes = 0;

  constructor(maxItems: number, maxBytes: number) {
    this.#maxItems = maxItems;
    this.#maxBytes = maxBytes;
  }

  /** How full it is, 0..1, by the scarcer of the two. */
  get fullness(): number {
    if (this.size === 0) return 0;
    return Math.max(this.size / this.#maxItems, this.bytes / this.#maxBytes);
  }

  /** Whether an empty queue would hold so many bytes. */
  canHold(bytes: number): boolean {
    return this.#maxItems > 0 && bytes <= this.#maxBytes;
  }

  fits(bytes: number): boolean {
    return this.size < this.#maxItems && this.bytes + bytes <= this.#maxBytes;
  }

  /** How many would be served before a newcomer of this priority. */
  ahead(priority: Priority): number {
    const lanes = this.#lanes;
    if (priority === "interactive") return lanes.interactive.size;
    if (priority === "default") return lanes.interactive.size + lanes.default.size;
    return this.size;
  }

  push(item: T): void {
    const at = this.#lanes[item.priority];
    const tenant = at.tenants.get(item.tenant) ?? { turn: at.turn, waiting: 0 };
    tenant.turn = Math.max(tenant.turn, at.turn) + 1;
    tenant.waiting += 1;
    at.tenants.set(item.tenant, tenant);
    item.turn = tenant.turn;
    item.queued = true;
    // Behind all whose turn is not later: with one tenant, at the end.
    let before = at.last;
    while (before !== undefined && (before.turn ?? 0) > tenant.turn) before = before.prev;
    item.prev = before;
    item.next = before ? before.next : at.first;
    if (item.next) item.next.prev = item;
    else at.last = item;
    if (before) before.next = item;
    else at.first = item;
    at.size++;
    this.size++;
    this.bytes += item.bytes;
  }

  /** Takes out the one whose turn it is. */
  served(item: T): void {
    const at = this.#lanes[item.priority];
    at.turn = Math.max(at.turn, item.turn ?? 0);
    this.remove(item);
  }

  remove(item: T): boolean {
    if (!item.queued) return false;
    const at = this.#lanes[item.priority];
    const tenant = at.tenants.get(item.tenant);
    if (tenant && --tenant.waiting === 0) at.tenants.delete(item.tenant);
    if (item.prev === undefined) at.first = item.next;
    else item.prev.next = item.next;
    if (item.next === undefined) at.last = item.prev;
    else item.next.prev = item.prev;
    item.prev = undefined;
    item.next = undefined;
    item.queued = false;
    at.size--;
    this.size--;
    this.bytes -= item.bytes;
    return true;
  }

  /**
   * The next to be served of those that `may` be; `may` can remove the one it is asked about. While the queue is nearly
   * full, interactive ones go newest first: their callers are still there, those of the oldest have likely left.
   */
  first(overloaded: boolean, may: (item: T) => unknown): T | undefined {
    const { interactive, default: usual, batch } = this.#lanes;
    const ask = may as (item: Waiting) => unknown;
    return (firstOf(interactive, overloaded, ask) ?? firstOf(usual, false, ask) ?? firstOf(batch, false, ask)) as
      | T
      | undefined;
  }

  /** The newest of the lowest priority below `priority`: the one to give way. */
  lowestBelow(priority: Priority): T | undefined {
    const { default: usual, batch } = this.#lanes;
    if (priority === "batch") return undefined;
    return (batch.last ?? (priority === "interactive" ? usual.last : undefined)) as T | undefined;
  }
}

function firstOf({ first, last }: Lane, newest: boolean, may: (item: Waiting) => unknown): Waiting | undefined {
  let item = newest ? last : first;
  while (item !== undefined) {
    const after: Waiting | undefined = newest ? item.prev : item.next;
    if (may(item)) return item;
    item = after;
  }
  return undefined;
}

function lane(): Lane {
  return { first: undefined, last: undefined, size: 0, turn: 0, tenants: new Map() };
}
