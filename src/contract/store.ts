/** How one entry of a cache is kept. */
export interface EntryOptions {
  /** Milliseconds until it expires: 0 at once, `Infinity` never. @default the cache's `ttlMs` */
  readonly ttlMs?: number | undefined;
  /** Labels by which the entry can be found and dropped. @default none */
  readonly tags?: readonly string[] | undefined;
  /** What making the value again would cost, in any one unit; eviction keeps costly entries longer. @default 0 */
  readonly cost?: number | undefined;
  /** `false`: stored only where there is room; no other entry is evicted for it. @default true */
  readonly evict?: boolean | undefined;
}

/**
 * A second tier that is handed in (SQLite, Redis, a file): every method may fail or be slow, and nothing breaks.
 * `storeConformance` of `signalbox/testing` tries one.
 */
export interface Store {
  /** The value; `undefined` or `null` where there is none. */
  get(key: string): Promise<unknown>;
  /**
   * Keeps a JSON value as it is now, under any text for a key.
   * @param ttlMs milliseconds until it may go; where absent it stays. The cache itself passes over what is too old.
   */
  set(key: string, value: unknown, ttlMs?: number): Promise<void>;
  /** Removes an entry; nothing happens if there is none. */
  delete(key: string): Promise<void>;
  /** Drops everything this store has written, and nothing that others keep in the same place. */
  clear?(): Promise<void>;
  /** Ends it and frees what it holds. */
  close?(): Promise<void>;
}
