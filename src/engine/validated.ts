import { repairedArguments } from "../chat/repair-arguments.js";
import { validateOutput } from "../chat/validate-output.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import type { Answer } from "./attempt-chat.js";
import type { Call } from "./call.js";
import { forgetIn } from "./candidate.js";
import type { AttemptFunction } from "./walk.js";
import { within } from "./within.js";

/**
 * An attempt whose answer must meet the call's output schema; one that does not counts as a failure and moves on. JSON that
 * is nearly right is mended first if the router has a repair.
 */
export function validated(attempt: AttemptFunction<Answer>): AttemptFunction<Answer> {
  return async (call, candidate, admission) => checkOutput(call, await attempt(call, candidate, admission));
}

/** The answer with its parsed value, if the call gave a schema. @throws SignalboxError `malformed_response`, detail `output` */
export async function checkOutput(call: Call, given: Answer): Promise<Answer> {
  const { output } = call.options;
  const answer = withArguments(call, given);
  if (!output) return answer;
  const { candidate, reply } = answer;
  const [choice] = reply.choices;
  const repair = choice.finish_reason === "stop" ? call.services.repairJson : undefined;
  const result = await within(call, validateOutput(output, choice.message.content ?? "", repair));
  const met = "value" in result;
  call.services.judged(candidate, met);
  if (met) return { ...answer, parsed: result };
  const where = { provider: candidate.provider.id, model: candidate.info.id };
  const { path, message } = result.issues[0] ?? { path: "", message: "not valid" };
  refuse(call, where);
  // A decorator that keeps answers does not know what they had to meet.
  forgetIn(candidate.provider, call.found.kept);
  const words = `${where.provider}: the answer does not meet the output schema${path && ` at ${path}`}: ${message}`;
  throw new SignalboxError("malformed_response", words, { detail: "output", ...where });
}

/** The answer with its tool arguments mended, if there is a repair and it can. */
function withArguments({ services, request }: Call, answer: Answer): Answer {
  const { repairJson } = services;
  const reply = repairJson && repairedArguments(answer.reply, request.tools, repairJson);
  return reply ? { ...answer, reply, repairedArguments: true } : answer;
}

/** Puts down in the request's list of calls that this answer came and would not do. */
function refuse({ attempts }: Call, { provider, model }: { provider: string; model: string }): void {
  const at = attempts.findLastIndex(
    (each) => each.outcome === "success" && each.provider === provider && each.model === model,
  );
  const answered = attempts[at];
  if (answered) attempts[at] = { ...answered, outcome: "malformed_response", detail: "output" };
}
