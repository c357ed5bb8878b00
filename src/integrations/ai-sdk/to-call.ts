import type { ChatRequest } from "../../chat/request.js";
import type { CallContext } from "../../contract/provider.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import { markOptions } from "./cache-mark.js";
import type { AnyLanguageModel, ModelCall, Warning } from "./model-like.js";
import { toPrompt } from "./to-prompt.js";

/** Our request as a call of an AI SDK model. @throws SignalboxError `unsupported` */
export function toCall(request: ChatRequest, model: AnyLanguageModel, id: string, context: CallContext): ModelCall {
  const call: { prompt: ModelCall["prompt"]; [option: string]: unknown } = {
    prompt: toPrompt(request.messages, { id, tagged: model.specificationVersion === "v4" }),
    abortSignal: context.signal,
    providerOptions: ownOptions(request, model, id),
  };
  const set = (name: string, value: unknown): void => {
    if (value !== undefined && value !== null) call[name] = value;
  };
  set("maxOutputTokens", request.max_completion_tokens ?? request.max_tokens);
  set("temperature", request.temperature);
  set("topP", request.top_p);
  set("presencePenalty", request.presence_penalty);
  set("frequencyPenalty", request.frequency_penalty);
  set("seed", request.seed);
  set("stopSequences", typeof request.stop === "string" ? [request.stop] : request.stop);
  set("responseFormat", responseFormat(request));
  set("tools", toolsOf(request));
  set("toolChoice", toolChoice(request));
  if (model.specificationVersion === "v4") {
    const { reasoning_effort: effort } = request;
    set("reasoning", effort === "max" ? "xhigh" : effort);
  }
  return call;
}

/** The vendor's part of a provider's name in the AI SDK: `anthropic` of `anthropic.messages`. */
export function optionsNameOf(provider: string): string {
  return provider.split(/[./]/)[0] ?? provider;
}

/** Options under the vendor's own name, and those under the provider's id, which hold such names again. */
function ownOptions(
  { providerOptions }: ChatRequest,
  model: AnyLanguageModel,
  id: string,
): { [name: string]: unknown } {
  const vendor = optionsNameOf(model.provider);
  const named = providerOptions?.[vendor];
  const own = providerOptions?.[id];
  if (id !== vendor) return { ...(named ? { [vendor]: named } : {}), ...own };
  // One name for both: it holds either the vendor's fields or the vendor's name again.
  const nested = own !== undefined && typeof own[vendor] === "object";
  return own === undefined ? {} : nested ? { ...own } : { [vendor]: own };
}

function responseFormat({ response_format: format }: ChatRequest): unknown {
  if (!format || format.type === "text") return undefined;
  if (format.type === "json_object") return { type: "json" };
  const { schema, name, description } = format.json_schema;
  return { type: "json", schema, name, description };
}

function toolsOf({ tools }: ChatRequest): unknown {
  if (!tools || tools.length === 0) return undefined;
  return tools.map((tool) => {
    if (isProviderTool(tool)) return tool;
    if (tool.type !== "function") throw unsupported("custom tools", "tools");
    const { name, description, parameters, strict } = tool.function;
    const inputSchema = parameters ?? { type: "object", properties: {} };
    return {
      type: "function",
      name,
      inputSchema,
      ...(description ? { description } : {}),
      ...(strict ? { strict } : {}),
      ...markOptions(tool),
    };
  });
}

/** A tool that the vendor runs, in the AI SDK's own form: only models of the AI SDK are handed it. */
function isProviderTool(tool: { readonly type: string }): boolean {
  return tool.type === "provider" || tool.type === "provider-defined";
}

function toolChoice({ tool_choice: choice, tools }: ChatRequest): unknown {
  if (!choice || !tools || tools.length === 0) return undefined;
  if (typeof choice === "string") return { type: choice };
  if (choice.type === "function") return { type: "tool", toolName: choice.function.name };
  throw unsupported(`tool_choice of type ${choice.type}`, "tool_choice");
}

/**
 * Models of the AI SDK warn of what they drop, and answer all the same. An answer without the tools or the format that
 * was asked for is a wrong answer.
 * @throws SignalboxError `unsupported`
 */
export function refuseDropped(warnings: readonly Warning[] | undefined, call: ModelCall): void {
  for (const { type, feature, setting } of warnings ?? []) {
    if (!type.startsWith("unsupported")) continue;
    const what = `${feature ?? setting ?? (type === "unsupported-tool" ? "tool" : "")}`;
    if (call.tools !== undefined && /^(tool|function)/i.test(what)) throw unsupported(what, "tools");
    if (call.responseFormat !== undefined && /^responseFormat/i.test(what)) throw unsupported(what, "response_format");
  }
}

function unsupported(what: string, path: string): SignalboxError {
  return new SignalboxError("unsupported", `This model cannot take ${what}`, { path });
}
