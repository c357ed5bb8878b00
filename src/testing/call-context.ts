import type { CallContext } from "../contract/provider.js";

/** A context to call a provider with, outside a router: no deadline, four attempts, a signal that never aborts. */
export function createCallContext(more: Partial<CallContext> = {}): CallContext {
  let used = 0;
  return {
    signal: new AbortController().signal,
    deadline: { remainingMs: () => Number.POSITIVE_INFINITY },
    requestId: "test-request",
    attempts: {
      limit: 4,
      get used() {
        return used;
      },
      take: () => used < 4 && ++used > 0,
    },
    ...more,
  };
}
