import type { AssistantMessage, ContentPart, Message } from "../../chat/message.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import { markOptions } from "./cache-mark.js";
import { keptParts } from "./kept-parts.js";
import type { AnswerPart, Metadata, PromptMessage, PromptPart } from "./model-like.js";
import { toOutput } from "./tool-output.js";

/** What a prompt is made for. */
export interface PromptTarget {
  /** The provider id: its own state is handed back, others' is not. */
  readonly id: string;
  /** Spec v4 puts a tag on file data. */
  readonly tagged: boolean;
}

/** Our messages as an AI SDK prompt. @throws SignalboxError `unsupported` for parts it has no place for. */
export function toPrompt(messages: readonly Message[], target: PromptTarget): PromptMessage[] {
  const prompt: PromptMessage[] = [];
  const names = new Map<string, string>();
  for (const message of messages) {
    switch (message.role) {
      case "system":
      case "developer":
        prompt.push({ role: "system", content: textOf(message.content), ...marksOf(message.content) });
        break;
      case "user":
        prompt.push({ role: "user", content: userParts(message.content, target) });
        break;
      case "assistant":
        for (const call of message.tool_calls ?? [])
          if (call.type === "function") names.set(call.id, call.function.name);
        prompt.push({ role: "assistant", content: assistantParts(message, target) });
        break;
      case "tool": {
        const { tool_call_id: toolCallId } = message;
        const toolName = names.get(toolCallId) ?? "tool";
        const output = toOutput(message, target.tagged);
        addToolResult(prompt, { type: "tool-result", toolCallId, toolName, output, ...marksOf(message.content) });
        break;
      }
      default:
        throw unsupported("a message of role function");
    }
  }
  return prompt;
}

/** Results that follow one another answer one turn, and stand in one message. */
function addToolResult(prompt: PromptMessage[], part: PromptPart): void {
  const last = prompt.at(-1);
  if (last?.role === "tool") prompt[prompt.length - 1] = { role: "tool", content: [...last.content, part] };
  else prompt.push({ role: "tool", content: [part] });
}

/** The last mark among the parts of what is one text there. */
function marksOf(content: string | readonly object[]): { readonly providerOptions?: Metadata } {
  const marked = typeof content === "string" ? undefined : content.findLast((part) => "cache_control" in part);
  return marked ? markOptions(marked) : {};
}

function textOf(content: string | readonly { readonly text: string }[]): string {
  return typeof content === "string" ? content : content.map((part) => part.text).join("\n");
}

function userParts(content: string | readonly ContentPart[], target: PromptTarget): PromptPart[] {
  if (typeof content === "string") return [{ type: "text", text: content }];
  return content.map((part) => ({ ...userPart(part, target), ...markOptions(part) }));
}

function userPart(part: ContentPart, target: PromptTarget): PromptPart {
  switch (part.type) {
    case "text":
      return { type: "text", text: part.text };
    case "image_url":
      return { ...fileOf(part.image_url.url, "image/*", target), ...detailOf(part.image_url.detail) };
    case "input_audio": {
      const { data, format } = part.input_audio;
      return { type: "file", mediaType: format === "wav" ? "audio/wav" : "audio/mpeg", data: inline(data, target) };
    }
    case "file": {
      const { file_data: data, filename } = part.file;
      if (data === undefined) throw unsupported("a file given by id");
      return { ...fileOf(data, "application/pdf", target), filename };
    }
  }
}

function detailOf(imageDetail: string | undefined): { readonly providerOptions?: Metadata } {
  return imageDetail === undefined ? {} : { providerOptions: { openai: { imageDetail } } };
}

type FileOf = Extract<PromptPart, { type: "file" }>;

function fileOf(url: string, mediaType: string, target: PromptTarget): FileOf {
  const data = /^data:([^;,]+)?(?:;[^,]*)?,/.exec(url);
  if (data) return { type: "file", mediaType: data[1] ?? mediaType, data: inline(url.slice(data[0].length), target) };
  if (!/^https?:/.test(url)) return { type: "file", mediaType, data: inline(url, target) };
  const address = new URL(url);
  return { type: "file", mediaType, data: target.tagged ? { type: "url", url: address } : address };
}

function inline(base64: string, target: PromptTarget): unknown {
  return target.tagged ? { type: "data", data: base64 } : base64;
}

function assistantParts(message: AssistantMessage, { id }: PromptTarget): PromptPart[] {
  const kept = keptParts(message, id);
  if (kept) return kept.flatMap(promptPartsOf);
  const parts: PromptPart[] = [];
  // Another's thinking is left out: models take back only their own, by signature.
  const text =
    typeof message.content === "string" ? message.content : message.content?.map(spoken).join("") || message.refusal;
  const marks = Array.isArray(message.content) ? marksOf(message.content) : {};
  if (text) parts.push({ type: "text", text, ...marks });
  for (const call of message.tool_calls ?? []) {
    if (call.type !== "function") throw unsupported("a call of a custom tool");
    const { name, arguments: input } = call.function;
    parts.push({ type: "tool-call", toolCallId: call.id, toolName: name, input: parsed(input) });
  }
  return parts;
}

function spoken(part: { readonly text: string } | { readonly refusal: string }): string {
  return "text" in part ? part.text : part.refusal;
}

/** A part of an answer, on its way back: its metadata becomes options of the prompt. Sources have no place there. */
function promptPartsOf(part: AnswerPart): PromptPart[] {
  const { providerMetadata: providerOptions, toolCallId = "", toolName = "" } = part;
  switch (part.type) {
    case "tool-call": {
      const ran = part.providerExecuted === true ? { providerExecuted: true } : {};
      return [{ type: "tool-call", toolCallId, toolName, input: parsed(part.input), providerOptions, ...ran }];
    }
    case "tool-result": {
      const output = { type: part.isError === true ? "error-json" : "json", value: part.result ?? null };
      return [{ type: "tool-result", toolCallId, toolName, output, providerOptions }];
    }
    case "file":
      return [{ type: "file", mediaType: part.mediaType ?? "", data: part.data, providerOptions }];
    case "reasoning":
    case "text":
      return [{ type: part.type, text: part.text ?? "", providerOptions }];
    default:
      return [];
  }
}

/** Arguments as a model wrote them may be no JSON; then they go back as the text they are. */
function parsed(input: unknown): unknown {
  if (typeof input !== "string") return input ?? {};
  try {
    return input === "" ? {} : JSON.parse(input);
  } catch {
    return input;
  }
}

function unsupported(what: string): SignalboxError {
  return new SignalboxError("unsupported", `The AI SDK has no place for ${what}`, { path: "messages" });
}
