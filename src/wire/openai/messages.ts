import type { AssistantMessage, Message, ToolCall } from "../../chat/message.js";
import { textOf } from "../../chat/message-text.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import type { WireCall } from "../codec.js";
import { hasCacheMark, isAllText, type OwnState, repairCalls, stateOf } from "../history.js";
import { type AnyPart, readPart } from "../parts.js";
import { sentToolIds } from "../tool-ids.js";

type Body = { [field: string]: unknown };

/** The wire's name in `provider_state`. */
export const OPENAI_WIRE = "openai";

/** Fields of an assistant message that have rules of their own, or were the reader's alone. */
const RULED: ReadonlySet<string> = new Set([
  "role",
  "content",
  "name",
  "refusal",
  "tool_calls",
  "function_call",
  "audio",
  "reasoning_content",
  "provider_state",
  "annotations",
  "images",
]);

/** Messages as this dialect takes them; those that need no change go through as they are. */
export function encodeMessages(messages: readonly Message[], call: WireCall): readonly unknown[] {
  const ids = sentToolIds(messages, call.dialect.toolIds);
  const out: unknown[] = [];
  /** Pictures of the tool results so far: this wire carries them in a user's message. */
  let pictures: AnyPart[] = [];
  messages.forEach((message, index) => {
    if (message.role !== "tool" && pictures.length > 0) {
      out.push(picturesMessage(pictures));
      pictures = [];
    }
    const sent = ids?.[index];
    if (message.role === "assistant") out.push(encodeAssistant(message, call, sent as readonly string[] | undefined));
    else if (message.role === "tool") {
      const id = typeof sent === "string" ? sent : message.tool_call_id;
      const shown = picturesIn(message.content);
      pictures.push(...shown);
      const content =
        shown.length > 0 ? textOf(message.content) || "(a picture, below)" : contentFor(message.content, call);
      // This wire has no word for a tool that failed: the text has to say it.
      const { is_error, ...rest } = message;
      const isSame = content === message.content && id === message.tool_call_id && is_error === undefined;
      out.push(isSame ? message : { ...rest, tool_call_id: id, content });
    } else out.push(encodeOther(message, call));
  });
  if (pictures.length > 0) out.push(picturesMessage(pictures));
  return out;
}

function encodeOther(message: Exclude<Message, AssistantMessage>, call: WireCall): unknown {
  if (message.role === "developer" && call.dialect.systems === "merged") {
    return { ...message, role: "system", content: textOf(message.content) };
  }
  const content = contentFor(message.content, call);
  return content === message.content ? message : { ...message, content };
}

function picturesMessage(pictures: readonly AnyPart[]): unknown {
  return { role: "user", content: [{ type: "text", text: "Pictures of the tool results above:" }, ...pictures] };
}

function picturesIn(content: unknown): AnyPart[] {
  if (!Array.isArray(content) || isAllText(content)) return [];
  const pictures = (content as AnyPart[]).filter((part) => readPart(part)?.kind === "image");
  return pictures.map((part) =>
    part.type === "image_url" ? part : { type: "image_url", image_url: { url: urlOf(part) } },
  );
}

function urlOf(part: AnyPart): string {
  const read = readPart(part);
  return (read?.kind === "image" ? read.url : undefined) ?? "";
}

/** Content of a dialect's form; the same value if there is nothing to change. */
function contentFor(content: unknown, call: WireCall): unknown {
  if (!Array.isArray(content)) return content;
  const { dialect } = call;
  if (isAllText(content)) {
    const joins = dialect.content === "string" && !(dialect.cacheMarks && hasCacheMark(content));
    return joins ? textOf(content) : content;
  }
  const isForeign = (content as AnyPart[]).some(({ type }) => FOREIGN.has(type));
  return isForeign
    ? (content as AnyPart[]).map((part) => (FOREIGN.has(part.type) ? ownForm(part, call) : part))
    : content;
}

/** Parts in the forms of Anthropic and of the Responses API. */
const FOREIGN: ReadonlySet<string> = new Set(["image", "document", "input_text", "input_image", "input_file"]);

function ownForm(part: AnyPart, call: WireCall): unknown {
  const read = readPart(part);
  if (read?.kind === "text") return { type: "text", text: read.text };
  if (read?.kind === "image" && read.url !== undefined) return { type: "image_url", image_url: { url: read.url } };
  if (read?.kind === "file") {
    const { url, fileId, name, text } = read;
    if (text !== undefined) return { type: "text", text: name === undefined ? text : `${name}:\n${text}` };
    if (fileId !== undefined) return { type: "file", file: { file_id: fileId } };
    if (url !== undefined) return { type: "file", file: { filename: name ?? "document.pdf", file_data: url } };
  }
  const { provider, model } = call;
  throw new SignalboxError(
    "unsupported",
    `${provider}: messages: a part of type ${part.type} has no form on this wire`,
    {
      detail: "wire",
      path: "messages",
      provider,
      model: model.id,
    },
  );
}

function encodeAssistant(message: AssistantMessage, call: WireCall, ids: readonly string[] | undefined): Body {
  const { dialect } = call;
  const state = stateOf(message, call.provider, OPENAI_WIRE);
  const body: Body = { role: "assistant" };
  if (message.name) body.name = message.name;
  const calls = message.tool_calls && message.tool_calls.length > 0 ? message.tool_calls : undefined;
  const content = contentOf(message, call);
  if (content !== "" && content !== null) body.content = content;
  else if (calls === undefined) body.content = content ?? "";
  else if (dialect.emptyContent === "as_given") body.content = message.content ?? null;
  else if (dialect.emptyContent === "text") body.content = "";
  // Pieces of a stream put together leave an empty text beside the refusal.
  if (message.refusal && (content === null || content === "")) body.content = message.refusal;
  if (calls !== undefined) body.tool_calls = callsFor(calls, state, call, ids);
  if (message.function_call) body.function_call = message.function_call;
  if (message.audio) body.audio = { id: message.audio.id };
  if (message.images && state !== "foreign" && state?.images === true) body.images = message.images;
  for (const field in message) {
    // A vendor's own, such as `prefix` or `partial`: whoever wrote it means the provider that it goes to.
    if (!RULED.has(field) && field !== "__proto__") body[field] = (message as unknown as Body)[field];
  }
  addReasoning(message, state, call, body);
  return body;
}

function contentOf(message: AssistantMessage, call: WireCall): unknown {
  const { content } = message;
  if (content === undefined || content === null || typeof content === "string") return content ?? null;
  const isText = call.dialect.content === "string" && !(call.dialect.cacheMarks && hasCacheMark(content));
  return isText || content.length === 0 ? textOf(content) : content;
}

const CALL_MEMBERS: ReadonlySet<string> = new Set(["id", "type", "function", "custom", "cache_control"]);

/** The calls with the ids that the target takes; members of a vendor's own go back to that vendor alone. */
function callsFor(
  calls: readonly ToolCall[],
  state: OwnState | "foreign" | undefined,
  { dialect }: WireCall,
  ids: readonly string[] | undefined,
): readonly unknown[] {
  const own = dialect.repairArguments ? repairCalls(calls) : calls;
  const needsSignature = dialect.thoughtSignatures === true;
  if (ids === undefined && !needsSignature && !own.some(hasOwnMembers)) return own;
  return own.map((call, at) => {
    const sent: Body = {};
    for (const member of Object.keys(call)) {
      const value = (call as unknown as Body)[member];
      if (CALL_MEMBERS.has(member) || takesBack(member, value, state, needsSignature)) sent[member] = value;
    }
    if (ids !== undefined) sent.id = ids[at] ?? call.id;
    // Gemini refuses a turn whose first call has no signature; this word stands for "made elsewhere".
    if (needsSignature && at === 0 && sent.extra_content === undefined) sent.extra_content = NO_SIGNATURE;
    return sent;
  });
}

/** Google's word for calls that Gemini did not make (ai.google.dev, thought signatures, read 2026-11). */
const NO_SIGNATURE = { google: { thought_signature: "skip_thought_signature_validator" } };

function hasOwnMembers(call: ToolCall): boolean {
  return Object.keys(call).some((member) => !CALL_MEMBERS.has(member));
}

/** A member without a known issuer is the app's own word, unless it names Google itself. */
function takesBack(
  member: string,
  value: unknown,
  state: OwnState | "foreign" | undefined,
  isGoogle: boolean,
): boolean {
  if (state === "foreign") return false;
  const namesGoogle = member === "extra_content" && (value as { google?: unknown } | null)?.google !== undefined;
  return state !== undefined || isGoogle || !namesGoogle;
}

/** Thinking goes back to whoever thought it, in the field its vendor reads; someone else's is left behind. */
function addReasoning(
  message: AssistantMessage,
  state: OwnState | "foreign" | undefined,
  call: WireCall,
  body: Body,
): void {
  const { field, placeholder, unnamed } = call.dialect.reasoning;
  const own = state !== undefined && state !== "foreign";
  const text = typeof message.reasoning_content === "string" ? message.reasoning_content : undefined;
  if (own && state.details !== undefined) {
    body.reasoning_details = state.details;
    return;
  }
  if (field === "reasoning_content" || field === "reasoning") {
    if (text !== undefined && (own || (state === undefined && unnamed === "send"))) body[field] = text;
    else if (placeholder !== undefined && body.tool_calls !== undefined) body[field] = placeholder;
  } else if (state !== "foreign" && text && unnamed === "think_tags" && isTextual(body.content)) {
    body.content = `<think>\n${text}\n</think>\n\n${body.content ?? ""}`;
  } else if (own && text && body.tool_calls !== undefined) {
    call.warn("reasoning_content", `${call.model.id} gets no thinking back with its tool calls: see replayReasoning`);
  }
}

function isTextual(content: unknown): boolean {
  return content === undefined || content === null || typeof content === "string";
}
