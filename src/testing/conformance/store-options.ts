import type { Store } from "../../contract/store.js";

/** A store, and what stands beside it. */
export interface StoreUnderTest {
  /** The store to test. */
  readonly store: Store;
  /** Another namespace of the same data, where there are such: clearing one leaves the other whole. */
  readonly neighbour?: Store | undefined;
  /** Ends it and frees what it holds. */
  close?(): Promise<void> | void;
}

/** What a store may not have; cases that need it are left out. */
export type StoreFeature = "lifetimes";

/** Options of `storeConformance`. */
export interface StoreConformanceOptions {
  /** Makes a fresh, empty store for a case. */
  setUp(): StoreUnderTest | Promise<StoreUnderTest>;
  /** Features that this store does not have; without lifetimes, old entries go only when they are deleted. @default none */
  readonly without?: readonly StoreFeature[] | undefined;
  /** Lets milliseconds pass for the store, such as those of a virtual clock. @default waits */
  pass?(ms: number): unknown;
  /** Milliseconds a case waits for an entry to go after its lifetime. @default 5000 */
  readonly patienceMs?: number | undefined;
}
