import type { Message } from "../chat/message.js";
import { estimateRequestTokens } from "../chat/tokens.js";
import type { ErrorKind, Exclusion } from "../errors/kinds.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import { inputRoom } from "../memory/trim.js";
import type { Gate } from "../resilience/gate.js";
import { nearestToReopen } from "../resilience/gates.js";
import type { PlannedCandidate } from "./candidates.js";
import type { RouterParts } from "./parts.js";
import type { Run } from "./run.js";

/** Reasons that time or a hand may lift. */
const FOR_NOW = new Set(["breaker_open", "cool_down", "disabled"]);

/**
 * Where open breakers alone block the capable candidates, one request a second may try the nearest to reopen.
 * `undefined` where this request may not.
 */
export function forcedGroups(
  parts: RouterParts,
  excluded: readonly Exclusion[],
  nowMs: number,
): readonly (readonly PlannedCandidate[])[] | undefined {
  const blocked: PlannedCandidate[] = [];
  for (const { id, reason } of excluded) {
    const candidate = FOR_NOW.has(reason) ? parts.byId.get(id) : undefined;
    if (candidate) blocked.push(candidate);
  }
  const gate = nearestToReopen(
    blocked.map((candidate) => candidate.gate),
    nowMs,
  );
  const forced = gate && blocked.find((candidate) => candidate.gate === gate);
  return forced ? [[forced]] : undefined;
}

/** Why nobody may be asked: for now (`unavailable`), by a budget, or ever (`no_candidate`). */
export function blockedError(
  parts: RouterParts,
  run: Run,
  excluded: readonly Exclusion[],
  nowMs: number,
): SignalboxError {
  const { requestId } = run;
  const forNow = excluded.filter(({ reason }) => FOR_NOW.has(reason));
  if (forNow.length > 0) {
    let atMs = Number.POSITIVE_INFINITY;
    for (const { id } of forNow) atMs = Math.min(atMs, parts.byId.get(id)?.gate.retryAtMs(nowMs) ?? atMs);
    const retryAfterMs = Number.isFinite(atMs) ? Math.max(0, Math.ceil(atMs - nowMs)) : undefined;
    const message = `Every candidate for this request is blocked for now: ${wordsFor(forNow)}`;
    const gates = forNow.map(({ id }) => parts.byId.get(id)?.gate);
    return new SignalboxError(kindOf(gates, nowMs), message, { requestId, excluded, retryAfterMs });
  }
  if (excluded.some(({ reason }) => reason === "budget")) {
    const message = "Every candidate for this request would cost more than it may";
    return new SignalboxError("budget_exceeded", message, { requestId, excluded, detail: "max_cost" });
  }
  const tooLong = excluded.filter(({ reason }) => reason === "context_length");
  const why = tooLong.length > 0 ? `; it is too long: ${lengthsOf(parts, run, tooLong)}` : "";
  const message = `No candidate can serve this request: ${wordsFor(excluded)}${why}${guessedOf(parts, excluded)}${successorsOf(parts, excluded)}`;
  return new SignalboxError("no_candidate", message, {
    requestId,
    excluded,
    detail: why ? "context_length" : undefined,
  });
}

/** Kinds that somebody has to repair, the surest first. */
const TO_REPAIR = ["auth", "permission", "model_not_found", "quota"] as const;

/** What all of them wait for somebody to repair: between trials the error says so. `unavailable` if time may help. */
function kindOf(gates: readonly (Gate | undefined)[], nowMs: number): ErrorKind {
  const kinds = gates.map((gate) => {
    const kind = gate?.view(nowMs).reason?.split(":", 1)[0];
    return gate?.passes(nowMs) ? undefined : TO_REPAIR.find((each) => each === kind);
  });
  if (kinds.includes(undefined)) return "unavailable";
  return TO_REPAIR.find((kind) => kinds.includes(kind)) ?? "unavailable";
}

/** How long the request is, and its longest message: where that one alone is too long, no cut of the history helps. */
function lengthsOf({ byId }: RouterParts, { request }: Run, tooLong: readonly Exclusion[]): string {
  const rooms = tooLong.map(({ id }) => inputRoom(request, (byId.get(id) as PlannedCandidate).info));
  const lengths = request.messages.map((message) => estimateRequestTokens({ messages: [message] }));
  const longest = Math.max(...lengths);
  const { role } = request.messages[lengths.indexOf(longest)] as Message;
  return `about ${estimateRequestTokens(request)} tokens, ${longest} of them in one ${role} message, where ${Math.floor(Math.max(...rooms))} fit`;
}

/** Which facts that excluded a model are guesses, so that the reader knows what to declare. */
function guessedOf({ byId }: RouterParts, excluded: readonly Exclusion[]): string {
  for (const { id, reason } of excluded) {
    const info = byId.get(id)?.info;
    const fact = info?.guessed?.find((name) => name === FACTS[reason as keyof typeof FACTS]);
    if (fact) return `; ${fact} of ${id} is a guess: declare it in \`models\` if the model can do more`;
  }
  return "";
}

/** What takes the place of models that their vendor has retired, where it said so. */
function successorsOf({ byId }: RouterParts, excluded: readonly Exclusion[]): string {
  const told = excluded.slice(0, 8).flatMap(({ id, reason }) => {
    const successor = reason === "retired" ? byId.get(id)?.info.successor : undefined;
    return successor === undefined ? [] : [`${id} is retired by its vendor: use ${successor}`];
  });
  return told.map((each) => `; ${each}`).join("");
}

/** The fact of a model behind a reason for exclusion. */
const FACTS = {
  missing_tools: "capabilities.tools",
  missing_vision: "capabilities.vision",
  missing_json: "capabilities.json",
  missing_thinking: "capabilities.thinking",
  context_length: "contextWindow",
  unknown_price: "usdPerMTok",
} as const;

function wordsFor(excluded: readonly Exclusion[]): string {
  const shown = excluded.slice(0, 8).map(({ id, reason }) => `${id} (${reason})`);
  return shown.join(", ") + (excluded.length > 8 ? ` and ${excluded.length - 8} more` : "");
}
