/** What one call of a {@link faultFetch} does: a system error (by code), an error to throw, or the real call. */
export type FetchStep = string | Error | "pass" | ((url: string, init: RequestInit | undefined) => Promise<Response>);

/**
 * A `fetch` whose first calls fail as told; for faults that no server can cause, such as DNS.
 *
 * @example
 * openaiCompatible({ id: "test", baseURL, models, fetch: faultFetch(["EAI_AGAIN", "pass"]) });
 */
export function faultFetch(script: readonly FetchStep[], real: typeof fetch = globalThis.fetch): typeof fetch {
  const steps = [...script];
  return async (input, init) => {
    const step = steps.shift() ?? "pass";
    if (step === "pass") return real(input, init);
    if (typeof step === "function") return step(String(input), init);
    throw typeof step === "string" ? networkError(step) : step;
  };
}

/** The error that Node's fetch throws for a system error: `TypeError "fetch failed"` with the code on its cause. */
export function networkError(code: string): TypeError {
  const cause = Object.assign(new Error(`simulated ${code}`), { code });
  return new TypeError("fetch failed", { cause });
}
