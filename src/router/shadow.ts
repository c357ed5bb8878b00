import { estimateRequestTokens } from "../chat/tokens.js";
import { createAbortSource } from "../engine/abort-source.js";
import { attemptChat } from "../engine/attempt-chat.js";
import type { Call } from "../engine/call.js";
import { costOfAll } from "../engine/costs.js";
import { walk } from "../engine/walk.js";
import { expectedCostUsd } from "../pricing/cost.js";
import { createAttemptBudget } from "../resilience/attempt-budget.js";
import { createMovingDeadline } from "../resilience/moving-deadline.js";
import { CallQueue } from "./call-queue.js";
import { RequestRanker } from "./decision.js";
import type { ShadowOptions } from "./options.js";
import type { AnsweredRun, RouterParts, Shadow } from "./parts.js";
import { planOf } from "./plan.js";
import { wantOf } from "./reserve.js";

const DAY_MS = 86_400_000;
/** Output to expect where the answered request had none to go by, tokens. */
const USUAL_OUTPUT = 500;

/** Sends shadows in the background, within their own calls, money and time. */
export function createShadow(parts: RouterParts, options: ShadowOptions): Shadow {
  const { services, selector, active } = parts;
  const models = typeof options.to === "string" ? [options.to] : options.to;
  let dayBeganMs = services.clock.now();
  let spentUsd = 0;

  const send = async (run: AnsweredRun, queue: CallQueue, heldUsd: number, leftUsd: number): Promise<void> => {
    const abort = createAbortSource();
    active.add(abort);
    const { clock, timeouts } = services;
    const startedAtMs = clock.now();
    const { output: _, ...options } = run.options;
    const call: Call = {
      services,
      requestId: run.requestId,
      request: run.request,
      // Its answer is cut where the day's money ends.
      options: { ...options, maxCostUsd: leftUsd, fallback: false, priority: "batch" },
      streamed: false,
      characteristics: run.characteristics,
      startedAtMs,
      deadline: createMovingDeadline(clock, startedAtMs + timeouts.totalMs),
      budget: createAttemptBudget(1),
      report: undefined,
      spare: 0,
      queue,
      forced: false,
      excluded: [],
      attempts: [],
      found: { ttftMs: null, fromCache: undefined, kept: undefined },
      degraded: [],
      abort,
      features: undefined,
      role: "shadow",
    };
    try {
      await walk(call, attemptChat);
    } catch {
      // Nobody waits for it.
    } finally {
      spentUsd += (costOfAll(call.attempts) ?? heldUsd) - heldUsd;
      active.delete(abort);
    }
  };

  return {
    after(run, served) {
      if (services.random() >= options.rate) return;
      const nowMs = services.clock.now();
      if (nowMs - dayBeganMs >= DAY_MS) {
        dayBeganMs = nowMs;
        spentUsd = 0;
      }
      const { groups } = selector.select({ messages: run.request.messages, models });
      const plan = planOf(groups, run.filter, nowMs);
      // What has no price has no place under a limit of dollars.
      const others = plan.groups.flat().filter(({ id, info }) => id !== served.id && info.usdPerMTok !== null);
      if (others.length === 0) return;
      const input = estimateRequestTokens(run.request);
      const usualUsd = Math.max(...others.map(({ info }) => expectedCostUsd(info.usdPerMTok, input, 0, USUAL_OUTPUT)));
      const leftUsd = options.maxUsdPerDay - spentUsd;
      if (usualUsd > leftUsd) return;
      const heldUsd = Math.min(
        leftUsd,
        Math.max(usualUsd, ...others.map((each) => wantOf(run.request, each, leftUsd).mostUsd)),
      );
      spentUsd += heldUsd;
      const ranker = new RequestRanker(parts, run, services.random, true);
      void send(run, new CallQueue([others], ranker), heldUsd, leftUsd);
    },
  };
}
