import type { ChatRequest, ReasoningEffort, ToolChoice } from "../chat/request.js";
import { estimateRequestTokens, requestChars } from "../chat/tokens.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import type { WireCall } from "./codec.js";
import type { Fields } from "./dialect.js";

/** Fields of a request that are ours or the wire's to write. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  "messages",
  "model",
  "models",
  "stream",
  "stream_options",
  "providerOptions",
  "max_tokens",
  "max_completion_tokens",
  "reasoning_effort",
  "reasoning_summary",
  "response_format",
  "tools",
  "tool_choice",
  "stop",
]);

const PROTECTED = ["messages", "model", "stream"] as const;

/**
 * Copies what the request says and this dialect sends, renamed and held in bounds; unknown fields go through.
 * `unspoken` are fields that the wire itself has no word for, `said` those that it says in a form of its own.
 */
export function copyFields(
  call: WireCall,
  body: { [field: string]: unknown },
  unspoken?: ReadonlySet<string> | undefined,
  said?: ReadonlySet<string> | undefined,
): void {
  const { request, dialect } = call;
  for (const field of Object.keys(request)) {
    if (OWN_FIELDS.has(field) || said?.has(field) || field === "__proto__") continue;
    const value = (request as unknown as Fields)[field];
    if (value === undefined || value === null) continue;
    if (dialect.drop?.has(field) || unspoken?.has(field)) {
      call.warn(field, `${call.model.id} does not take ${field}: it is not sent`);
      continue;
    }
    const bounds = dialect.lengths?.[field];
    if (bounds !== undefined && typeof value === "string" && (value.length < bounds[0] || value.length > bounds[1])) {
      call.warn(field, `${call.model.id} takes ${field} of ${bounds[0]} to ${bounds[1]} characters: it is not sent`);
      continue;
    }
    body[dialect.rename?.[field] ?? field] = held(call, field, value);
  }
}

function held(call: WireCall, field: string, value: unknown): unknown {
  const bounds = call.dialect.clamp?.[field];
  if (bounds === undefined || typeof value !== "number") return value;
  const [min, max] = bounds;
  if (value >= min && value <= max) return value;
  call.warn(field, `${call.model.id} takes ${field} from ${min} to ${max}: it is held there`);
  return Math.min(Math.max(value, min), max);
}

/** The output limit the caller set, held to what the model may write and what its window leaves. */
export function outputLimitOf(call: WireCall): number | undefined {
  const { request, model } = call;
  const wish = request.max_completion_tokens ?? request.max_tokens;
  return typeof wish === "number" ? fitOutput(request, model, wish) : undefined;
}

/** A number of output tokens that this model may write after this request. */
export function fitOutput(
  request: ChatRequest,
  model: { readonly contextWindow: number; readonly maxOutput: number | null },
  wish: number,
): number {
  const most = model.maxOutput === null ? wish : Math.min(wish, model.maxOutput);
  // The estimate is only made where the cheap upper bound says it could matter.
  if (most + requestChars(request) <= model.contextWindow) return most;
  const left = model.contextWindow - Math.ceil(estimateRequestTokens(request) * 1.1);
  return Math.max(1, Math.min(most, left));
}

/** The fields that say how hard to think, or nothing, which is told, if this model has no word for it. */
export function effortFields(call: WireCall): Fields | undefined {
  const { request, dialect, model } = call;
  const effort = request.reasoning_effort as ReasoningEffort | null | undefined;
  if (!effort) return undefined;
  if (dialect.effort === "pass") {
    if (model.capabilities.thinking !== "none") return { reasoning_effort: effort };
  } else if (dialect.effort !== undefined && Object.hasOwn(dialect.effort, effort)) return dialect.effort[effort];
  // No thinking is what a model without it does anyway.
  if (effort === "none" && model.capabilities.thinking === "none") return undefined;
  call.warn("reasoning_effort", `${model.id} has no word for reasoning_effort "${effort}": it is not sent`);
  return undefined;
}

/**
 * Refuses a request for sound or pictures that this wire or vendor could not answer: it would answer in text.
 *
 * @throws SignalboxError `unsupported` with path `modalities`.
 */
export function refuseMedia(call: WireCall): void {
  const { request, dialect } = call;
  const wish = request.modalities?.find((modality) => modality !== "text");
  if (wish !== undefined && dialect.media !== true) throw unsupported(call, "modalities", `no ${wish} comes from here`);
}

/** The error of a request that a wire or vendor cannot carry. */
export function unsupported({ provider, model }: WireCall, path: string, why: string): SignalboxError {
  const init = { detail: "wire", path, provider, model: model.id };
  return new SignalboxError("unsupported", `${provider}: ${path}: ${why}`, init);
}

/**
 * Refuses tools that other vendors run, known by their type, so that a candidate that has them is tried: `provider` is
 * the AI SDK's word for them, and Anthropic's end in a date.
 *
 * @throws SignalboxError `unsupported`
 */
export function refuseHostedTools({ request, provider, model }: WireCall, foreignType: RegExp): void {
  const foreign = request.tools?.findIndex(({ type }: { readonly type: string }) => foreignType.test(type)) ?? -1;
  if (foreign < 0) return;
  const where = { detail: "wire", path: `tools[${foreign}]`, provider, model: model.id };
  throw new SignalboxError("unsupported", `${provider}: a tool that another vendor runs has no form here`, where);
}

/** The nearest form of `tool_choice` that this dialect honours; `"drop_tools"` says "none" where nothing else does. */
export function toolChoiceOf(call: WireCall): ToolChoice | "drop_tools" | undefined {
  const { request, dialect, model } = call;
  const choice = request.tool_choice;
  if (!choice || dialect.toolChoice === "full") return choice ?? undefined;
  if (choice === "auto") return undefined;
  if (choice === "none") return dialect.toolChoice === "auto" ? "drop_tools" : "none";
  if (dialect.toolChoice === "no_required") {
    if (choice !== "required") return choice;
    call.warn("tool_choice", `${model.id} refuses tool_choice "required": "auto" is sent`);
    return "auto";
  }
  call.warn("tool_choice", `${model.id} cannot be made to call a tool: it may answer in text`);
  return undefined;
}

/**
 * Adds what the caller meant for this provider alone; `null` takes a field out.
 *
 * @throws SignalboxError `invalid_request` for a field that the library itself writes.
 */
export function addProviderOptions(call: WireCall, body: { [field: string]: unknown }): void {
  const own = call.request.providerOptions?.[call.provider];
  if (!own) return;
  for (const field of Object.keys(own)) {
    const path = `providerOptions.${call.provider}.${field}`;
    if (PROTECTED.some((name) => name === field) || field === "__proto__") {
      throw new SignalboxError("invalid_request", `${path}: cannot be set here`, { path, provider: call.provider });
    }
    const value = own[field];
    if (value === null) delete body[field];
    else if (value !== undefined) body[field] = value;
  }
}
