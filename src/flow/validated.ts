import { validateOutput } from "../chat/validate-output.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import type { Answer } from "./attempt-chat.js";
import type { Call } from "./call.js";
import type { AttemptFunction } from "./walk.js";

/** An attempt whose answer must meet the call's output schema; one that does not counts as a failure and moves on. */
export function validated(attempt: AttemptFunction<Answer>): AttemptFunction<Answer> {
  return async (call, candidate, admission) => checkOutput(call, await attempt(call, candidate, admission));
}

/** The answer with its parsed value. @throws SignalboxError `malformed_response`, detail `output` */
export async function checkOutput(call: Call, answer: Answer): Promise<Answer> {
  const { output } = call.options;
  if (!output) return answer;
  const { candidate, reply } = answer;
  const result = await validateOutput(output, reply.choices[0].message.content ?? "");
  const met = "value" in result;
  call.services.judged(candidate, met);
  if (met) return { ...answer, parsed: { value: result.value } };
  const where = { provider: candidate.provider.id, model: candidate.info.id };
  const { path, message } = result.issues[0] ?? { path: "", message: "not valid" };
  const last = call.attempts.at(-1);
  if (last) call.attempts[call.attempts.length - 1] = { ...last, outcome: "malformed_response", detail: "output" };
  const words = `${where.provider}: the answer does not meet the output schema${path && ` at ${path}`}: ${message}`;
  throw new SignalboxError("malformed_response", words, { detail: "output", ...where });
}
