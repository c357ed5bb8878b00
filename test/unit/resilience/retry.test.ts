import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { MAX_TIMER_MS } from "../../../src/core/clock.js";
import { seededRandom } from "../../../src/core/random.js";
import { SignalboxError } from "../../../src/errors/signalbox-error.js";
import { backoffMs, retryDelayMs } from "../../../src/resilience/backoff.js";
import { type RetryOptions, retrySameProvider } from "../../../src/resilience/retry.js";
import { createVirtualClock } from "../../../src/testing/virtual-clock.js";

const failure = new SignalboxError("server", "in hand", { status: 500 });

function setUp(script: readonly unknown[], more: Partial<RetryOptions<string>> = {}) {
  const clock = createVirtualClock();
  const calls: number[] = [];
  const retries: [string, number, number][] = [];
  const run = retrySameProvider<string>({
    error: failure,
    attempt: async () => {
      const outcome = script[calls.length];
      calls.push(clock.now());
      if (typeof outcome === "string") return outcome;
      throw outcome;
    },
    maxAttempts: 3,
    mayRetry: () => true,
    delayMs: () => 100,
    clock,
    onRetry: (error, delayMs, n) => retries.push([error.message, delayMs, n]),
    ...more,
  });
  run.catch(() => {});
  return { clock, calls, retries, run };
}

const server = (message: string) => new SignalboxError("server", message, { status: 500 });

describe("the loop", () => {
  it("counts the failure in hand as the first call", async () => {
    const { run, clock, calls, retries } = setUp([server("second"), server("third"), "never"]);
    await clock.advance(1_000);
    await expect(run).rejects.toMatchObject({ message: "third" });
    expect(calls).toEqual([100, 200]);
    expect(retries).toEqual([
      ["in hand", 100, 1],
      ["second", 100, 2],
    ]);
  });

  it("answers as soon as one call does", async () => {
    const { run, clock, calls } = setUp([server("second"), "answer"]);
    await clock.advance(1_000);
    expect(await run).toBe("answer");
    expect(calls).toEqual([100, 200]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("does not call at all where nothing is left, and does not wait to say so", async () => {
    for (const maxAttempts of [1, 0, -3, Number.NaN]) {
      const { run, calls, clock } = setUp(["answer"], { maxAttempts });
      await expect(run).rejects.toBe(failure);
      expect([calls.length, clock.pendingTimers]).toEqual([0, 0]);
    }
  });

  it("does not wait after the last failure (p-retry's onFailedAttempt would)", async () => {
    const delayMs = vi.fn(() => 60_000);
    const { run, clock } = setUp([server("second")], { maxAttempts: 2, delayMs });
    await clock.advance(60_000);
    await expect(run).rejects.toMatchObject({ message: "second" });
    expect(delayMs).toHaveBeenCalledTimes(1);
    expect(clock.now()).toBe(60_000);
  });

  it("asks the policy with each failure, and stops at its no", async () => {
    const { run, clock, calls } = setUp([new SignalboxError("auth", "bad key"), "never"], {
      mayRetry: (error) => error.kind === "server",
    });
    await clock.advance(1_000);
    await expect(run).rejects.toMatchObject({ kind: "auth" });
    expect(calls).toHaveLength(1);
  });

  it("spends no token of a budget on a wait that the deadline forbids", async () => {
    const mayRetry = vi.fn(() => true);
    const { run } = setUp([], { mayRetry, delayMs: () => 5_000, deadline: { remainingMs: () => 5_000 } });
    await expect(run).rejects.toBe(failure);
    expect(mayRetry).not.toHaveBeenCalled();
  });
});

describe("what p-retry does on its own, and does not here", () => {
  it("retries foreign aborts and syntax errors: here they end the loop, unchanged", async () => {
    const thrown = [
      new DOMException("aborted", "AbortError"),
      new DOMException("late", "TimeoutError"),
      new SyntaxError("half JSON"),
      new TypeError("x is not a function"),
      new TypeError("fetch failed"),
      42,
      undefined,
    ];
    for (const error of thrown) {
      const { run, clock, calls } = setUp([error, "never"]);
      await clock.advance(1_000);
      await expect(run).rejects.toBe(error);
      expect(calls).toHaveLength(1);
    }
  });

  it("gives up on every TypeError: a SignalboxError that has one as its cause is retried", async () => {
    const wrapped = new SignalboxError("network", "reset", { cause: new TypeError("anything") });
    const { run, clock } = setUp([wrapped, "answer"]);
    await clock.advance(1_000);
    expect(await run).toBe("answer");
  });

  it("overflows its timer on waits past 2^31 ms (51 calls in 78 ms): here the wait is clamped", async () => {
    for (const wait of [MAX_TIMER_MS + 1, 1e300, Number.POSITIVE_INFINITY]) {
      const { clock, calls } = setUp(["never"], { delayMs: () => wait });
      await clock.advance(MAX_TIMER_MS - 1);
      expect(calls).toHaveLength(0);
      await clock.advance(1);
      expect(calls).toHaveLength(1);
    }
  });

  it("takes rubbish waits for no wait: here they are a second, and never a busy loop", async () => {
    const { clock, calls } = setUp([server("x"), server("y")], { delayMs: () => Number.NaN });
    await clock.advance(999);
    expect(calls).toHaveLength(0);
    await clock.advance(1);
    expect(calls).toHaveLength(1);
  });

  it("waits its own exponential time on top: here the wait is ours alone", async () => {
    const started = performance.now();
    const { run, clock, calls } = setUp([server("a"), server("b"), server("c"), "answer"], {
      maxAttempts: 10,
      delayMs: () => 0,
    });
    await clock.advance(0);
    await run;
    expect(calls).toHaveLength(4);
    expect(performance.now() - started).toBeLessThan(500);
  });

  it("throws an answer away that arrives as the caller aborts: here a paid answer is kept", async () => {
    const controller = new AbortController();
    const { run, clock } = setUp([], {
      signal: controller.signal,
      attempt: () => {
        const answer = Promise.resolve("paid for");
        answer.then(() => {}).then(() => controller.abort());
        return answer;
      },
    });
    await clock.advance(100);
    expect(await run).toBe("paid for");
  });

  it("loses the abort's reason on the last attempt: here it is the cause", async () => {
    const controller = new AbortController();
    const reason = new Error("user left");
    const { run, clock } = setUp([], {
      maxAttempts: 2,
      signal: controller.signal,
      attempt: async () => {
        controller.abort(reason);
        throw server("operation's own error");
      },
    });
    await clock.advance(100);
    await expect(run).rejects.toMatchObject({ kind: "cancelled", name: "AbortError", cause: reason });
  });
});

describe("cancelling", () => {
  it("ends a wait at once and leaves no timer and no listener", async () => {
    const controller = new AbortController();
    const removed = vi.spyOn(controller.signal, "removeEventListener");
    const { run, clock, calls } = setUp(["never"], { signal: controller.signal, delayMs: () => 60_000 });
    await clock.settle();
    expect(clock.pendingTimers).toBe(1);
    controller.abort("enough");
    await expect(run).rejects.toMatchObject({ kind: "cancelled", cause: "enough" });
    expect([calls.length, clock.pendingTimers]).toEqual([0, 0]);
    removed.mockRestore();
  });

  it("does not wait for an attempt that is deaf to its signal", async () => {
    const controller = new AbortController();
    const { run, clock } = setUp([], { signal: controller.signal, attempt: () => new Promise(() => {}) });
    await clock.advance(100);
    controller.abort();
    await expect(run).rejects.toMatchObject({ kind: "cancelled" });
  });

  it("hands an abort on that is already one of our errors", async () => {
    const late = new SignalboxError("timeout", "too late", { detail: "total" });
    const { run } = setUp([], { signal: AbortSignal.abort(late) });
    await expect(run).rejects.toBe(late);
  });

  it("repeats nothing that ended by an abort from elsewhere", async () => {
    const gone = new SignalboxError("cancelled", "a caller further in has left");
    const { run, clock, calls } = setUp([gone, "never"]);
    await clock.advance(1_000);
    await expect(run).rejects.toBe(gone);
    expect(calls).toHaveLength(1);
  });

  it("is seen where the attempt itself brings it about, and then never ends", async () => {
    const controller = new AbortController();
    const { run, clock } = setUp([], {
      signal: controller.signal,
      attempt: () => {
        controller.abort("enough");
        return new Promise(() => {});
      },
    });
    await clock.advance(100);
    const message = "The caller aborted the request";
    await expect(run).rejects.toMatchObject({ kind: "cancelled", cause: "enough", message });
  });

  it("is listened for no longer than an attempt lasts", async () => {
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, "addEventListener");
    const removed = vi.spyOn(signal, "removeEventListener");
    const { run, clock } = setUp([server("second"), "answer"], { signal });
    await clock.advance(1_000);
    expect(await run).toBe("answer");
    await clock.settle();
    const listeners = (spy: typeof added | typeof removed) => new Set(spy.mock.calls.map(([, listener]) => listener));
    expect(added).toHaveBeenCalled();
    expect(listeners(removed)).toEqual(listeners(added));
    expect([...added.mock.calls, ...removed.mock.calls].every(([type]) => type === "abort")).toBe(true);
  });

  it("makes no call where the caller has gone before", async () => {
    const { run, calls } = setUp(["never"], { signal: AbortSignal.abort("gone") });
    await expect(run).rejects.toMatchObject({ kind: "cancelled", cause: "gone" });
    expect(calls).toHaveLength(0);
  });
});

describe("waits", () => {
  it("go up to the last moment before the deadline", async () => {
    for (const [waitMs, called] of [
      [999, 1],
      [1_000, 0],
    ] as const) {
      const { run, clock, calls } = setUp(["answer"], {
        delayMs: () => waitMs,
        deadline: { remainingMs: () => 1_000 - clock.now() },
      });
      await clock.advance(2_000);
      await run.catch(() => {});
      expect(calls).toHaveLength(called);
    }
  });

  it("that took longer than they should and passed the deadline end in the failure, not in a call", async () => {
    let remainingMs = 500;
    const { run, clock, calls } = setUp(["never"], { deadline: { remainingMs: () => remainingMs } });
    await clock.settle();
    remainingMs = 0;
    await clock.advance(100);
    await expect(run).rejects.toBe(failure);
    expect(calls).toHaveLength(0);
  });

  it("never start a call at or after the deadline, and never add up to more than it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 5_000 }),
        fc.array(fc.integer({ min: 0, max: 2_000 }), { minLength: 1, maxLength: 8 }),
        async (totalMs, waits) => {
          const clock = createVirtualClock();
          const calls: number[] = [];
          const run = retrySameProvider({
            error: failure,
            attempt: async () => {
              calls.push(clock.now());
              throw server("again");
            },
            maxAttempts: 9,
            mayRetry: () => true,
            delayMs: (_error, n) => waits[(n - 1) % waits.length] ?? 0,
            deadline: { remainingMs: () => Math.max(0, totalMs - clock.now()) },
            clock,
          });
          run.catch(() => {});
          await clock.advance(20_000);
          await expect(run).rejects.toMatchObject({ kind: "server" });
          for (const at of calls) expect(at).toBeLessThan(totalMs);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("are within (0, cap] by full jitter, and spread over all of it", () => {
    const random = seededRandom(1);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2_000 }),
        fc.integer({ min: 1, max: 60_000 }),
        fc.nat(5_000),
        (n, capMs, baseMs) => {
          const wait = backoffMs(n, random, { baseMs: Math.max(1, baseMs), capMs });
          expect(wait).toBeGreaterThan(0);
          expect(wait).toBeLessThanOrEqual(Math.min(capMs, Math.max(1, baseMs) * 2 ** (n - 1)));
        },
      ),
    );
    const waits = Array.from({ length: 4_000 }, () => backoffMs(4, random, { baseMs: 500, capMs: 8_000 }));
    const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
    expect(mean).toBeGreaterThan(1_900);
    expect(mean).toBeLessThan(2_100);
    expect(Math.min(...waits)).toBeLessThan(50);
    expect(Math.max(...waits)).toBeGreaterThan(3_950);
  });

  it("are never earlier than the vendor's hint, and at most a tenth later", () => {
    const random = seededRandom(2);
    const own = { baseMs: 500, capMs: 8_000 };
    fc.assert(
      fc.property(fc.integer({ min: 8_000, max: 3_600_000 }), fc.integer({ min: 1, max: 10 }), (hint, n) => {
        const wait = retryDelayMs(hint, n, random, own);
        expect(wait).toBeGreaterThanOrEqual(hint);
        expect(wait).toBeLessThanOrEqual(Math.max(8_000, hint * 1.1));
      }),
    );
    fc.assert(
      fc.property(fc.double({ noNaN: false }), fc.integer({ min: -5, max: 5_000 }), (hint, n) => {
        const wait = retryDelayMs(hint, n, random, own);
        expect(wait).toBeGreaterThan(0);
        expect(wait).toBeLessThanOrEqual(MAX_TIMER_MS);
        if (hint > 0) expect(wait).toBeGreaterThanOrEqual(Math.min(hint, MAX_TIMER_MS));
      }),
    );
    for (const hint of [0, -5, Number.NaN, undefined]) expect(retryDelayMs(hint, 1, () => 0.5, own)).toBe(250);
    expect(retryDelayMs(1_000, 1, () => 0.5, own)).toBe(1_050);
  });
});
