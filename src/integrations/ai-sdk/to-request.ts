import type { LanguageModelV3CallOptions, SharedV3Warning } from "@ai-sdk/provider";
import type { ChatRequest, ReasoningEffort, ResponseFormat, Tool, ToolChoice } from "../../chat/request.js";
import type { CallOptions } from "../../contract/call-options.js";
import type { ModelInfo } from "../../contract/provider.js";
import { joinSignals } from "../../core/join-signals.js";
import { cacheMark, withMark } from "./cache-mark.js";
import { warnOfDropped } from "./dropped.js";
import { field, OURS } from "./part-state.js";
import { toMessages } from "./to-messages.js";

/** A call of the AI SDK in our words. */
export interface Translated {
  readonly request: ChatRequest;
  readonly options: CallOptions;
  readonly warnings: SharedV3Warning[];
}

/**
 * What an app may put under `providerOptions.signalbox`: the options of a router call, and how hard to think.
 *
 * @example
 * generateText({ model, prompt, providerOptions: { signalbox: { tenant: "acme", reasoningEffort: "low" } } });
 */
export interface SignalboxProviderOptions extends Omit<CallOptions, "signal" | "output"> {
  /** How much the model should think; a wish, mapped per vendor. @default the model's own */
  readonly reasoningEffort?: ReasoningEffort | undefined;
}

/** The part of a router that says which names `providerOptions` may use. */
export interface NamedProviders {
  readonly models: readonly ModelInfo[];
  health?(): { readonly candidates: readonly { readonly id: string }[] };
}

export function toRequest(
  call: LanguageModelV3CallOptions,
  model: string,
  defaults: CallOptions,
  router: NamedProviders,
): Translated {
  const warnings: SharedV3Warning[] = [];
  const request: ChatRequest = { model, messages: toMessages(call.prompt, (warning) => warnings.push(warning)) };
  const { [OURS]: own, ...others } = call.providerOptions ?? {};
  const { reasoningEffort, ...options } = (own ?? {}) as SignalboxProviderOptions;

  if (call.maxOutputTokens !== undefined) request.max_completion_tokens = call.maxOutputTokens;
  if (call.temperature !== undefined) request.temperature = call.temperature;
  if (call.topP !== undefined) request.top_p = call.topP;
  if (call.presencePenalty !== undefined) request.presence_penalty = call.presencePenalty;
  if (call.frequencyPenalty !== undefined) request.frequency_penalty = call.frequencyPenalty;
  if (call.seed !== undefined) request.seed = call.seed;
  if (call.stopSequences !== undefined && call.stopSequences.length > 0) request.stop = call.stopSequences;
  if (call.topK !== undefined) {
    warnings.push({ type: "unsupported", feature: "topK", details: "give it to one provider through providerOptions" });
  }
  warnOfDropped(call, warnings);
  const format = responseFormat(call.responseFormat);
  if (format) request.response_format = format;
  const tools = toolsOf(call, router, warnings);
  if (tools.length > 0) {
    request.tools = tools;
    if (call.toolChoice) request.tool_choice = toolChoice(call.toolChoice);
  }
  const effort = reasoningEffort ?? effortOf(call);
  if (effort !== undefined) request.reasoning_effort = effort;
  if (Object.keys(others).length > 0) {
    request.providerOptions = others;
    warnOfNames(Object.keys(others), router, warnings);
  }
  const signal = joinSignals(call.abortSignal, defaults.signal);
  return { request, options: { ...defaults, ...options, signal }, warnings };
}

function responseFormat(wanted: LanguageModelV3CallOptions["responseFormat"]): ResponseFormat | undefined {
  if (wanted?.type !== "json") return undefined;
  if (wanted.schema === undefined) return { type: "json_object" };
  const { name = "response", description, schema } = wanted;
  return {
    type: "json_schema",
    json_schema: { name, schema: { ...schema }, ...(description === undefined ? {} : { description }) },
  };
}

/** Tells of names under which nobody reads: a slip of the pen there is an option that silently does nothing. */
function warnOfNames(names: readonly string[], router: NamedProviders, warnings: SharedV3Warning[]): void {
  const ids = router.health?.().candidates.map(({ id }) => id.slice(0, id.indexOf("/")));
  if (ids === undefined) return;
  const known = new Set([...ids, ...router.models.map(({ optionsName }) => optionsName)]);
  for (const name of names) {
    if (known.has(name)) continue;
    const details = `no provider reads it; these are read: ${[OURS, ...known].filter(Boolean).join(", ")}`;
    warnings.push({ type: "unsupported", feature: `providerOptions.${name}`, details });
  }
}

function toolsOf(
  { tools = [] }: LanguageModelV3CallOptions,
  router: NamedProviders,
  warnings: SharedV3Warning[],
): Tool[] {
  const ours: Tool[] = [];
  for (const tool of tools) {
    if (tool.type !== "function" && router.models.some(({ optionsName: name }) => tool.id.startsWith(`${name}.`))) {
      ours.push(tool as unknown as Tool);
      continue;
    }
    if (tool.type !== "function") {
      warnings.push({
        type: "unsupported",
        feature: `provider tool ${tool.id}`,
        details: "a router has no vendor's tools",
      });
      continue;
    }
    const { name, description, inputSchema, strict } = tool;
    const described = description === undefined ? {} : { description };
    const strictly = strict === undefined ? {} : { strict };
    const named = { name, ...described, parameters: { ...inputSchema }, ...strictly };
    ours.push(withMark({ type: "function" as const, function: named }, cacheMark(tool.providerOptions)));
  }
  return ours;
}

function toolChoice(choice: NonNullable<LanguageModelV3CallOptions["toolChoice"]>): ToolChoice {
  return choice.type === "tool" ? { type: "function", function: { name: choice.toolName } } : choice.type;
}

/** AI SDK 7 has a word of its own for it, and hands it to v3 models too. */
function effortOf(call: LanguageModelV3CallOptions): ReasoningEffort | undefined {
  const effort = field(call, "reasoning");
  return typeof effort === "string" && EFFORTS.has(effort) ? (effort as ReasoningEffort) : undefined;
}

const EFFORTS: ReadonlySet<string> = new Set(["none", "minimal", "low", "medium", "high", "xhigh"]);
