import { anthropicCompatible, openaiCompatible, type Provider } from "signalbox";
import { modelInfo } from "../../unit/integrations/support.js";
import type { Answer, Said } from "./dialogue.js";

type Body = { readonly [field: string]: unknown };
type Raw = { readonly [field: string]: unknown };

/** One upstream wire: how a vendor of it answers, and what a request of it says. */
export interface UpstreamWire {
  readonly name: "chat" | "anthropic" | "responses";
  /** Whether a result that says it failed arrives as one. */
  readonly tellsFailures: boolean;
  /** Whether it has places for prompt caches. */
  readonly marks: boolean;
  /** What a vendor keeps sealed for itself and gets back; the chat wire has no such thing. */
  readonly seals: boolean;
  provider(fetch: typeof globalThis.fetch): Provider;
  answer(answer: Answer): unknown;
  events(body: unknown): string;
  read(body: Body): Said[];
}

const MODEL = modelInfo("m", {
  capabilities: { tools: true, vision: "url", thinking: "switchable", json: "schema", files: true },
});

const list = (value: unknown): readonly Raw[] => (Array.isArray(value) ? (value as readonly Raw[]) : []);
const textOf = (content: unknown): string =>
  typeof content === "string"
    ? content
    : list(content)
        .map(({ text, refusal }) => String(text ?? refusal ?? ""))
        .join("");

const sse = (events: readonly object[], named: boolean): string =>
  events
    .map((event) => `${named ? `event: ${(event as { type: string }).type}\n` : ""}data: ${JSON.stringify(event)}\n\n`)
    .join("");

const user = (text: string, image: unknown, marked = false): Said => {
  const shown = typeof image === "string" ? { image } : {};
  return { who: "user", text, ...shown, ...(marked ? { mark: true } : {}) };
};

const chat: UpstreamWire = {
  name: "chat",
  tellsFailures: false,
  marks: true,
  seals: false,
  provider: (fetch) =>
    openaiCompatible({ id: "up", baseURL: "http://127.0.0.1:1/v1", apiKey: "k", fetch, models: [MODEL] }),
  answer({ thinking, text, calls, cut, refused }) {
    const message = {
      role: "assistant",
      ...(refused ? { content: null, refusal: text } : { content: text }),
      ...(thinking ? { reasoning_content: thinking } : {}),
      ...(calls.length > 0
        ? {
            tool_calls: calls.map(({ id, name, input }) => ({
              id,
              type: "function",
              function: { name, arguments: JSON.stringify(input) },
            })),
          }
        : {}),
    };
    const finish_reason = cut ? "length" : calls.length > 0 ? "tool_calls" : "stop";
    const usage = { prompt_tokens: 12, completion_tokens: 5, total_tokens: 17 };
    const choices = [{ index: 0, message, finish_reason }];
    return { id: "chatcmpl-1", object: "chat.completion", created: 1, model: "m", choices, usage };
  },
  events(body) {
    const { choices, usage, ...head } = body as { choices: { message: Raw; finish_reason: string }[]; usage: object };
    const { message, finish_reason } = choices[0] ?? { message: {}, finish_reason: "stop" };
    const { tool_calls, content, refusal, reasoning_content, role } = message;
    const chunk = (delta: object, finish: string | null = null) => ({
      ...head,
      object: "chat.completion.chunk",
      choices: [{ index: 0, delta, finish_reason: finish }],
    });
    const thought = reasoning_content ? [chunk({ role, reasoning_content })] : [];
    const calls = list(tool_calls).map((call, index) => chunk({ tool_calls: [{ index, ...call }] }));
    const events = [
      ...thought,
      chunk({ role, content, ...(refusal ? { refusal } : {}) }),
      ...calls,
      chunk({}, finish_reason),
    ];
    return `${sse([...events, { ...head, object: "chat.completion.chunk", choices: [], usage }], false)}data: [DONE]\n\n`;
  },
  read({ messages }) {
    return list(messages).map(({ role, content, refusal, tool_calls, tool_call_id }): Said => {
      if (role === "system") return { who: "system", text: textOf(content) };
      if (role === "tool") return { who: "result", id: String(tool_call_id), text: textOf(content), failed: false };
      if (role === "user") {
        const image = list(content).find(({ type }) => type === "image_url")?.image_url as Raw | undefined;
        return user(
          textOf(content),
          image?.url,
          list(content).some(({ cache_control }) => cache_control !== undefined),
        );
      }
      const calls = list(tool_calls).map((call) => {
        const { name, arguments: text } = call.function as { name: string; arguments: string };
        return { id: String(call.id), name, input: JSON.parse(text) };
      });
      return { who: "assistant", text: textOf(content) || String(refusal ?? ""), calls };
    });
  },
};

const anthropic: UpstreamWire = {
  name: "anthropic",
  tellsFailures: true,
  marks: true,
  seals: true,
  provider: (fetch) =>
    anthropicCompatible({ id: "up", baseURL: "http://127.0.0.1:1", apiKey: "k", fetch, models: [MODEL] }),
  answer({ thinking, sealed, text, calls, cut, refused }) {
    const content = [
      ...(thinking ? [{ type: "thinking", thinking, signature: sealed }] : []),
      { type: "text", text },
      ...calls.map(({ id, name, input }) => ({ type: "tool_use", id, name, input })),
    ];
    const ended = refused ? "refusal" : calls.length > 0 ? "tool_use" : "end_turn";
    const stop_reason = cut ? "max_tokens" : ended;
    const usage = { input_tokens: 12, output_tokens: 5 };
    return { id: "msg_1", type: "message", role: "assistant", model: "m", content, stop_reason, usage };
  },
  events(body) {
    const { content, stop_reason, usage, ...head } = body as { content: Raw[]; stop_reason: string; usage: object };
    const events: object[] = [{ type: "message_start", message: { ...head, content: [], usage } }];
    content.forEach((block, index) => {
      const deltas: object[] = [];
      let content_block: object = { ...block, input: {} };
      if (block.type === "text") {
        content_block = { type: "text", text: "" };
        deltas.push({ type: "text_delta", text: block.text });
      } else if (block.type === "thinking") {
        content_block = { type: "thinking", thinking: "", signature: "" };
        deltas.push({ type: "thinking_delta", thinking: block.thinking });
        deltas.push({ type: "signature_delta", signature: block.signature });
      } else deltas.push({ type: "input_json_delta", partial_json: JSON.stringify(block.input) });
      events.push({ type: "content_block_start", index, content_block });
      for (const delta of deltas) events.push({ type: "content_block_delta", index, delta });
      events.push({ type: "content_block_stop", index });
    });
    events.push(
      { type: "message_delta", delta: { stop_reason }, usage: { output_tokens: 5 } },
      { type: "message_stop" },
    );
    return sse(events, true);
  },
  read({ system, messages }) {
    const said: Said[] = system === undefined ? [] : [{ who: "system", text: textOf(system) }];
    for (const { role, content } of list(messages)) {
      const blocks: readonly Raw[] = typeof content === "string" ? [{ type: "text", text: content }] : list(content);
      for (const block of blocks.filter(({ type }) => type === "tool_result")) {
        const { tool_use_id: id, content: told, is_error: failed } = block as Raw;
        said.push({ who: "result", id: String(id), text: textOf(told), failed: failed === true });
      }
      const text = textOf(blocks.filter(({ type }) => type === "text"));
      if (role === "user") {
        const source = (blocks.find(({ type }) => type === "image") as Raw | undefined)?.source as Raw | undefined;
        const image = source && `data:${source.media_type};base64,${source.data}`;
        const marked = blocks.some(({ cache_control }) => cache_control !== undefined);
        if (text !== "" || image) said.push(user(text, image, marked));
        continue;
      }
      const calls = blocks
        .filter(({ type }) => type === "tool_use")
        .map((block) => {
          const { id, name, input } = block as unknown as { id: string; name: string; input: Raw };
          return { id, name, input };
        });
      said.push({ who: "assistant", text, calls });
    }
    return said;
  },
};

const responses: UpstreamWire = {
  name: "responses",
  tellsFailures: false,
  marks: false,
  seals: true,
  provider: (fetch) =>
    openaiCompatible({
      id: "up",
      baseURL: "http://127.0.0.1:1/v1",
      apiKey: "k",
      wire: "responses",
      fetch,
      models: [MODEL],
    }),
  answer({ thinking, sealed, text, calls, cut, refused }) {
    const output = [
      ...(thinking
        ? [
            {
              type: "reasoning",
              id: "rs_1",
              summary: [{ type: "summary_text", text: thinking }],
              encrypted_content: sealed,
            },
          ]
        : []),
      {
        type: "message",
        id: "msg_1",
        role: "assistant",
        status: "completed",
        content: [refused ? { type: "refusal", refusal: text } : { type: "output_text", text, annotations: [] }],
      },
      ...calls.map(({ id, name, input }, at) => ({
        type: "function_call",
        id: `fc_${at}`,
        call_id: id,
        name,
        arguments: JSON.stringify(input),
        status: "completed",
      })),
    ];
    const usage = { input_tokens: 12, output_tokens: 5, total_tokens: 17 };
    return {
      id: "resp_1",
      object: "response",
      created_at: 1,
      model: "m",
      status: cut ? "incomplete" : "completed",
      incomplete_details: cut ? { reason: "max_output_tokens" } : null,
      error: null,
      output,
      usage,
    };
  },
  events(body) {
    const response = body as { output: Raw[]; status: string };
    const events: object[] = [
      { type: "response.created", response: { ...response, output: [], status: "in_progress" } },
    ];
    response.output.forEach((item, output_index) => {
      events.push({ type: "response.output_item.added", output_index, item: { ...item, content: [], arguments: "" } });
      if (item.type === "message") {
        const delta = textOf(item.content);
        const kind = list(item.content)[0]?.type === "refusal" ? "refusal" : "output_text";
        events.push({ type: `response.${kind}.delta`, output_index, item_id: item.id, content_index: 0, delta });
      }
      if (item.type === "function_call") {
        const delta = item.arguments;
        events.push({ type: "response.function_call_arguments.delta", output_index, item_id: item.id, delta });
      }
      events.push({ type: "response.output_item.done", output_index, item });
    });
    events.push({ type: `response.${response.status}`, response });
    return sse(events, true);
  },
  read({ instructions, input }) {
    const said: Said[] = typeof instructions === "string" ? [{ who: "system", text: instructions }] : [];
    let open: { who: "assistant"; text: string; calls: { id: string; name: string; input: Raw }[] } | undefined;
    const assistant = () => {
      if (open === undefined) {
        open = { who: "assistant", text: "", calls: [] };
        said.push(open);
      }
      return open;
    };
    for (const item of list(input)) {
      if (item.type === "reasoning") continue;
      if (item.type === "function_call") {
        const id = String(item.call_id);
        assistant().calls.push({ id, name: String(item.name), input: JSON.parse(String(item.arguments)) });
        continue;
      }
      if (item.role === "assistant") {
        assistant().text += textOf(item.content);
        continue;
      }
      open = undefined;
      if (item.type === "function_call_output") {
        said.push({ who: "result", id: String(item.call_id), text: textOf(item.output), failed: false });
      } else if (item.role === "user") {
        const image = list(item.content).find(({ type }) => type === "input_image")?.image_url;
        said.push(user(textOf(item.content), image));
      } else said.push({ who: "system", text: textOf(item.content) });
    }
    return said;
  },
};

export const WIRES: readonly UpstreamWire[] = [chat, anthropic, responses];
