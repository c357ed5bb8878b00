import type { Router } from "signalbox";
import { createFetch as anthropicFetch } from "signalbox/anthropic";
import { createFetch as openaiFetch } from "signalbox/openai";
import type { Answer, Said } from "./dialogue.js";

type Raw = { readonly [field: string]: unknown };

/** One door: how a client of it asks, and what it is answered. */
export interface Door {
  readonly name: "chat" | "messages" | "responses";
  open(router: Router): typeof fetch;
  readonly url: string;
  ask(dialogue: readonly Said[]): Raw;
  /** The body of a streamed answer as the whole one it amounts to. */
  assembled(events: readonly Raw[]): Raw;
  read(body: Raw): Omit<Answer, "sealed">;
  /** A door whose API has no word for a failed tool, or for a place in a prompt cache. */
  readonly speaksLess?: true;
  /** The dialogue's next request, the answer in it as the client got it. */
  goOn(asked: Raw, body: Raw): Raw;
}

const list = (value: unknown): readonly Raw[] => (Array.isArray(value) ? (value as readonly Raw[]) : []);
/** A place for a prompt cache, in the words of Anthropic, which our chat requests share. */
const markOf = ({ mark }: { readonly mark?: true }) => (mark ? { cache_control: { type: "ephemeral" } } : {});
const NAMES = ["look", "add"];
const PARAMETERS = { type: "object", properties: {} };

const chat: Door = {
  name: "chat",
  url: "http://router.invalid/v1/chat/completions",
  open: (router) => openaiFetch(router),
  ask: (dialogue) => ({
    model: "m",
    tools: NAMES.map((name) => ({ type: "function", function: { name, parameters: PARAMETERS } })),
    messages: dialogue.map((said) => {
      if (said.who === "system") return { role: "system", content: said.text };
      if (said.who === "result") {
        const result = { role: "tool", tool_call_id: said.id, content: said.text };
        return said.failed ? { ...result, is_error: true } : result;
      }
      if (said.who === "user") {
        if (said.image === undefined && !said.mark) return { role: "user", content: said.text };
        const shown = said.image === undefined ? [] : [{ type: "image_url", image_url: { url: said.image } }];
        return { role: "user", content: [{ type: "text", text: said.text, ...markOf(said) }, ...shown] };
      }
      const tool_calls = said.calls.map(({ id, name, input }) => ({
        id,
        type: "function",
        function: { name, arguments: JSON.stringify(input) },
      }));
      const content = said.text === "" ? null : said.text;
      return { role: "assistant", content, ...(tool_calls.length > 0 ? { tool_calls } : {}) };
    }),
  }),
  assembled(chunks) {
    const message: { [field: string]: unknown } = { role: "assistant", content: "" };
    const calls: { id: unknown; type: unknown; function: { name: unknown; arguments: string } }[] = [];
    let finish_reason: unknown = null;
    for (const chunk of chunks) {
      const choice = list(chunk.choices)[0];
      if (choice === undefined) continue;
      finish_reason = choice.finish_reason ?? finish_reason;
      const { content, refusal, reasoning_content, tool_calls, provider_state } = choice.delta as Raw;
      if (refusal) message.refusal = `${message.refusal ?? ""}${refusal}`;
      if (content) message.content = `${message.content}${content}`;
      if (reasoning_content) message.reasoning_content = `${message.reasoning_content ?? ""}${reasoning_content}`;
      if (provider_state) message.provider_state = provider_state;
      for (const { index, id, type, function: named } of list(tool_calls)) {
        const { name, arguments: text = "" } = (named ?? {}) as { name?: unknown; arguments?: string };
        const call = calls[index as number];
        if (call) call.function.arguments += text;
        else calls[index as number] = { id, type, function: { name, arguments: text } };
      }
    }
    if (calls.length > 0) message.tool_calls = calls;
    return { choices: [{ index: 0, message, finish_reason }] };
  },
  read(body) {
    const { message, finish_reason } = list(body.choices)[0] as { message: Raw; finish_reason: string };
    const calls = list(message.tool_calls).map((call) => {
      const { name, arguments: text } = call.function as { name: string; arguments: string };
      return { id: String(call.id), name, input: JSON.parse(text || "{}") };
    });
    const thinking = String(message.reasoning_content ?? "");
    const refused = Boolean(message.refusal) || finish_reason === "content_filter";
    const text = String(message.content || (message.refusal ?? ""));
    return { thinking, text, calls, cut: finish_reason === "length", refused };
  },
  goOn(asked, body) {
    const { message } = list(body.choices)[0] as { message: Raw };
    const results = list(message.tool_calls).map(({ id }) => ({ role: "tool", tool_call_id: id, content: "ok" }));
    const next = results.length > 0 ? results : [{ role: "user", content: "Go on." }];
    return { ...asked, messages: [...list(asked.messages), message, ...next] };
  },
};

const messages: Door = {
  name: "messages",
  url: "http://router.invalid/v1/messages",
  open: (router) => anthropicFetch(router),
  ask(dialogue) {
    const turns: { role: string; content: object[] }[] = [];
    let system: string | undefined;
    const add = (role: string, ...blocks: object[]): void => {
      const last = turns.at(-1);
      if (last?.role === role) last.content.push(...blocks);
      else turns.push({ role, content: blocks });
    };
    for (const said of dialogue) {
      if (said.who === "system") system = said.text;
      else if (said.who === "result") {
        const result = { type: "tool_result", tool_use_id: said.id, content: said.text };
        add("user", said.failed ? { ...result, is_error: true } : result);
      } else if (said.who === "user") {
        const data = said.image?.slice(said.image.indexOf(",") + 1);
        const image = { type: "image", source: { type: "base64", media_type: "image/png", data } };
        add("user", { type: "text", text: said.text, ...markOf(said) }, ...(data === undefined ? [] : [image]));
      } else {
        const calls = said.calls.map(({ id, name, input }) => ({ type: "tool_use", id, name, input }));
        add("assistant", ...(said.text === "" ? [] : [{ type: "text", text: said.text }]), ...calls);
      }
    }
    const tools = NAMES.map((name) => ({ name, input_schema: PARAMETERS }));
    return { model: "m", max_tokens: 1_000, tools, messages: turns, ...(system === undefined ? {} : { system }) };
  },
  assembled(events) {
    const content: { [field: string]: unknown }[] = [];
    let stop_reason: unknown = null;
    let json = "";
    for (const event of events) {
      const delta = (event.delta ?? {}) as Raw;
      const open = content.at(-1);
      if (event.type === "content_block_start") {
        content.push({ ...(event.content_block as Raw) });
        json = "";
      } else if (event.type === "message_delta") stop_reason = delta.stop_reason;
      else if (delta.type === "input_json_delta") json += String(delta.partial_json);
      else if (delta.type === "signature_delta" && open) open.signature = delta.signature;
      else if (open) {
        if (delta.type === "text_delta") open.text = `${open.text}${delta.text}`;
        if (delta.type === "thinking_delta") open.thinking = `${open.thinking}${delta.thinking}`;
      }
      if (event.type === "content_block_stop" && open?.type === "tool_use") open.input = JSON.parse(json || "{}");
    }
    return { content, stop_reason };
  },
  read({ content, stop_reason }) {
    const of = (type: string): readonly Raw[] => list(content).filter((block) => block.type === type);
    const joined = (type: string, field: string): string =>
      of(type)
        .map((block) => String(block[field]))
        .join("");
    const calls = of("tool_use").map(({ id, name, input }) => ({
      id: String(id),
      name: String(name),
      input: input as Raw,
    }));
    const thinking = joined("thinking", "thinking");
    const text = joined("text", "text");
    return { thinking, text, calls, cut: stop_reason === "max_tokens", refused: stop_reason === "refusal" };
  },
  goOn(asked, { content }) {
    const results = list(content)
      .filter(({ type }) => type === "tool_use")
      .map(({ id }) => ({ type: "tool_result", tool_use_id: id, content: "ok" }));
    const next = results.length > 0 ? results : [{ type: "text", text: "Go on." }];
    const turns = [
      { role: "assistant", content },
      { role: "user", content: next },
    ];
    return { ...asked, messages: [...list(asked.messages), ...turns] };
  },
};

const responses: Door = {
  name: "responses",
  speaksLess: true,
  url: "http://router.invalid/v1/responses",
  open: (router) => openaiFetch(router),
  ask: (dialogue) => ({
    model: "m",
    store: false,
    tools: NAMES.map((name) => ({ type: "function", name, parameters: PARAMETERS, strict: false })),
    input: dialogue.flatMap((said): object[] => {
      if (said.who === "system") return [{ role: "system", content: said.text }];
      if (said.who === "result") return [{ type: "function_call_output", call_id: said.id, output: said.text }];
      if (said.who === "user") {
        const shown = said.image === undefined ? [] : [{ type: "input_image", image_url: said.image, detail: "auto" }];
        return [{ role: "user", content: [{ type: "input_text", text: said.text }, ...shown] }];
      }
      const calls = said.calls.map(({ id, name, input }) => {
        return { type: "function_call", call_id: id, name, arguments: JSON.stringify(input) };
      });
      const content = [{ type: "output_text", text: said.text, annotations: [] }];
      const spoken = said.text === "" ? [] : [{ type: "message", role: "assistant", status: "completed", content }];
      return [...spoken, ...calls];
    }),
  }),
  assembled: (events) => (events.at(-1)?.response ?? {}) as Raw,
  read({ output, status, incomplete_details }) {
    const of = (type: string): readonly Raw[] => list(output).filter((item) => item.type === type);
    const joined = (items: readonly Raw[], field: string): string => {
      return items
        .flatMap((item) => list(item[field]).map(({ text, refusal }) => String(text ?? refusal ?? "")))
        .join("");
    };
    const thoughts = of("reasoning");
    const thinking = joined(thoughts, "summary") || joined(thoughts, "content");
    const calls = of("function_call").map(({ call_id: id, name, arguments: text }) => {
      return { id: String(id), name: String(name), input: JSON.parse(String(text) || "{}") };
    });
    const withheld = (incomplete_details as Raw | null)?.reason === "content_filter";
    const refused =
      withheld || of("message").some(({ content }) => list(content).some(({ type }) => type === "refusal"));
    const text = joined(of("message"), "content");
    return { thinking, text, calls, cut: status === "incomplete" && !withheld, refused };
  },
  goOn(asked, { output }) {
    const results = list(output)
      .filter(({ type }) => type === "function_call")
      .map(({ call_id }) => ({ type: "function_call_output", call_id, output: "ok" }));
    const next = results.length > 0 ? results : [{ role: "user", content: "Go on." }];
    return { ...asked, input: [...list(asked.input), ...list(output), ...next] };
  },
};

export const DOORS: readonly Door[] = [chat, messages, responses];
