import { createReply, type ModelInfo, openaiCompatible, type Provider } from "signalbox";

/** 200 characters, as in the comparison of peers. */
export const PROMPT = "The quick brown fox considers the routing of requests. ".repeat(4).slice(0, 200);

export const MODEL: ModelInfo = {
  id: "mock-model",
  contextWindow: 128_000,
  maxOutput: 8_000,
  capabilities: { tools: true, vision: false, thinking: "none", json: "schema" },
  usdPerMTok: { input: 0.3, cacheRead: 0.03, output: 1.2 },
};

export const messagesOf = (content: string) => [
  { role: "system" as const, content: "You are terse." },
  { role: "user" as const, content },
];

const JSON_HEADERS = { "content-type": "application/json" };
const BODY = JSON.stringify({
  id: "chatcmpl-mock",
  object: "chat.completion",
  created: 1_700_000_000,
  model: MODEL.id,
  choices: [
    { index: 0, message: { role: "assistant", content: "x".repeat(200) }, logprobs: null, finish_reason: "stop" },
  ],
  usage: { prompt_tokens: 20, completion_tokens: 50, total_tokens: 70 },
});

/** A fetch that answers at once: what is left is the library's own time. */
export const answering: typeof fetch = async () => new Response(BODY, { status: 200, headers: JSON_HEADERS });

/** A fetch whose answer is a stream of `events` deltas, in pieces of `bytesPerPiece`. */
export function streaming(events: number, bytesPerPiece = 32_768): typeof fetch {
  const head = { id: "chatcmpl-mock", object: "chat.completion.chunk", created: 1_700_000_000, model: MODEL.id };
  const event = (delta: object, finish_reason: string | null) =>
    `data: ${JSON.stringify({ ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason }] })}\n\n`;
  const text = [
    event({ role: "assistant", content: "" }, null),
    ...Array.from({ length: events }, () => event({ content: "word" }, null)),
    event({}, "stop"),
    `data: ${JSON.stringify({ ...head, choices: [], usage: { prompt_tokens: 20, completion_tokens: events, total_tokens: 20 + events } })}\n\n`,
    "data: [DONE]\n\n",
  ].join("");
  const bytes = new TextEncoder().encode(text);
  return async () => {
    let at = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (at >= bytes.length) return controller.close();
        controller.enqueue(bytes.slice(at, at + bytesPerPiece));
        at += bytesPerPiece;
      },
    });
    return new Response(body, { status: 200, headers: { "content-type": "text/event-stream" } });
  };
}

export const providerOf = (id: string, fetch: typeof globalThis.fetch, baseURL = "https://stub.invalid/v1"): Provider =>
  openaiCompatible({ id, baseURL, apiKey: "k", models: [MODEL], fetch });

export const threeProviders = (fetch: typeof globalThis.fetch): Provider[] =>
  ["one", "two", "three"].map((id) => providerOf(id, fetch));

/** Three providers without a wire: what is left is the router, and small differences show. */
export function threeQuick(): Provider[] {
  const reply = createReply({ model: MODEL.id, text: "x".repeat(200) });
  return ["one", "two", "three"].map((id) => ({ id, models: [MODEL], chat: async () => reply }));
}

/** What anyone writes by hand: stringify, fetch, json. */
export async function bareChat(
  fetch: typeof globalThis.fetch,
  content: string,
  url = "https://stub.invalid/v1",
): Promise<string> {
  const body = JSON.stringify({ model: MODEL.id, messages: messagesOf(content), stream: false });
  const response = await fetch(`${url}/chat/completions`, {
    method: "POST",
    headers: { ...JSON_HEADERS, authorization: "Bearer k" },
    body,
  });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return ((await response.json()) as { choices: [{ message: { content: string } }] }).choices[0].message.content;
}

/** The same for a stream: decode, split, parse, hand over the text. */
export async function bareStream(
  fetch: typeof globalThis.fetch,
  content: string,
  onText: (text: string) => void,
): Promise<void> {
  const body = JSON.stringify({ model: MODEL.id, messages: messagesOf(content), stream: true });
  const response = await fetch("https://stub.invalid/v1/chat/completions", {
    method: "POST",
    headers: JSON_HEADERS,
    body,
  });
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
    rest += decoder.decode(piece, { stream: true });
    let from = 0;
    for (let end = rest.indexOf("\n", from); end >= 0; end = rest.indexOf("\n", from)) {
      if (end > from + 6) {
        const data = rest.slice(from + 6, end);
        if (data !== "[DONE]") {
          const text = (JSON.parse(data) as { choices: { delta: { content?: string } }[] }).choices[0]?.delta.content;
          if (text) onText(text);
        }
      }
      from = end + 1;
    }
    rest = rest.slice(from);
  }
}
