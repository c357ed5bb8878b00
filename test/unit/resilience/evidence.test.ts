import { describe, expect, it } from "vitest";
import { classify } from "../../../src/errors/classify.js";
import type { SignalboxError } from "../../../src/errors/signalbox-error.js";
import { createGates } from "../../../src/resilience/gates.js";
import { createVirtualClock } from "../../../src/testing/virtual-clock.js";

const answer = (status: number, body: unknown): SignalboxError =>
  classify({ status, body }, { provider: "p", model: "m", nowWallMs: 0 });
const message = (text: string, code?: string) => ({ error: { message: text, code } });

function setUp() {
  const clock = createVirtualClock();
  const gate = createGates({}, { clock, random: () => 0.5 }).candidate("p/m", "p");
  const end = (error: SignalboxError | null, requestId: string, alternatives = true) => {
    const nowMs = clock.now();
    gate.settle(gate.acquire(nowMs), nowMs, error, { alternatives, requestId });
  };
  return { clock, end, blocked: () => gate.blocked(clock.now()), gate };
}

/** Refusals whose body does not say that they hold for everybody. */
const DOUBTFUL: Record<string, SignalboxError> = {
  "a proxy's page": answer(403, "<html>Access denied</html>"),
  "a bare 403": answer(403, message("no")),
  "a bare 404": answer(404, message("no")),
  "a bare 402": answer(402, message("no")),
};

describe("a refusal is no larger than its evidence", () => {
  it.each(Object.entries(DOUBTFUL))("%s: one request's, however often it asks", (_name, error) => {
    const { end, blocked } = setUp();
    for (let n = 0; n < 10; n++) end(error, "r1");
    end(error, "r2");
    expect(blocked()).toBeNull();
  });

  it.each(Object.entries(DOUBTFUL))("%s: all callers' once three distinct requests agree", (_name, error) => {
    const { end, blocked } = setUp();
    for (const id of ["r1", "r2", "r3"]) end(error, id);
    expect(blocked()).not.toBeNull();
  });

  it.each(Object.entries(DOUBTFUL))("%s: a success between shows that they do not agree", (_name, error) => {
    const { end, blocked } = setUp();
    for (let n = 0; n < 10; n++) {
      end(error, `a${n}`);
      end(error, `b${n}`);
      end(null, `c${n}`);
    }
    expect(blocked()).toBeNull();
  });

  it("is short at first, and grows while trials fail; a lone candidate is tried again within 30 s", async () => {
    for (const [alternatives, waits] of [
      [true, [10, 20, 40, 80]],
      [false, [10, 20, 30, 30]],
    ] as const) {
      const { end, blocked, clock, gate } = setUp();
      for (const id of ["r1", "r2"]) end(DOUBTFUL["a bare 404"] as SignalboxError, id, alternatives);
      for (const [trial, seconds] of waits.entries()) {
        end(DOUBTFUL["a bare 404"] as SignalboxError, `t${trial}`, alternatives);
        expect(blocked()).toBe("disabled");
        expect(gate.retryAtMs(clock.now()) - clock.now()).toBe(1_000 * seconds);
        await clock.advance(1_000 * seconds);
      }
    }
  });

  it("a body that can mean nothing else disables at once", () => {
    for (const error of [answer(404, message("gone", "model_not_found")), answer(401, message("bad key"))]) {
      const { end, blocked } = setUp();
      end(error, "r1");
      expect(blocked()).toBe("disabled");
    }
  });

  it("a request's own refusals say so", () => {
    const flagged = 'openai/gpt-4o requires moderation on OpenAI. Your input was flagged for "violence".';
    expect(answer(403, { error: { message: flagged, code: 403 } }).kind).toBe("content_filter");
    expect(answer(404, message("No endpoints found that support tool use"))).toMatchObject({ kind: "unsupported" });
    expect(answer(404, message("No endpoints found matching your data policy"))).toMatchObject({ kind: "unsupported" });
    const poor =
      "This request requires more credits, or fewer max_tokens. You requested 8000, but can only afford 120.";
    expect(answer(402, message(poor))).toMatchObject({ kind: "quota", detail: "request" });
  });
});
