import { type ChatRequest, createRouter, type RouterOptions, type Tool } from "signalbox";
import type { Row, Section } from "../row.js";
import { MODEL, messagesOf, PROMPT, providerOf } from "../stub.js";

const SIZE = 2_000_000;
const PIECE = 65_536;
const ROUNDS = 5;
const TARGET_MS = 50;

const TOOLS: Tool[] = [{ type: "function", function: { name: "f", parameters: { type: "object", properties: {} } } }];

const fill = (unit: string): string => unit.repeat(Math.ceil(SIZE / unit.length));

/** Texts that are worst for what reads an answer. */
const ANSWERS: Readonly<Record<string, { readonly text: string; readonly more?: Partial<ChatRequest> }>> = {
  "calls of offered tools": { text: fill("<tool_call>f</tool_call>"), more: { tools: TOOLS } },
  "calls of unknown tools": { text: fill("<tool_call>g</tool_call>"), more: { tools: TOOLS } },
  "opening tags alone": { text: fill("<tool_call>"), more: { tools: TOOLS } },
  "a call which never closes": { text: `<tool_call>${fill("x")}`, more: { tools: TOOLS } },
  "closing tags alone": { text: fill("</tool_call>"), more: { tools: TOOLS } },
  "a thought which never closes": { text: `<think>${fill("</thin")}` },
  "JSON: openings alone": { text: fill("{"), more: { response_format: { type: "json_object" } } },
  "JSON: fences": { text: fill("```\n{\n"), more: { response_format: { type: "json_object" } } },
  "plain words": { text: fill("word ") },
};

/** Bodies and prompts that are worst for what reads those. */
const OTHERS: Readonly<Record<string, { readonly body?: string; readonly status?: number; readonly prompt?: string }>> =
  {
    "a body of empty lists": { body: `[${fill("[],")}[]]` },
    "an error text of one word": { body: JSON.stringify({ error: { message: fill("a") } }), status: 400 },
    "an error text of key-shaped words": {
      body: JSON.stringify({ error: { message: fill("sk-abcdefgh-eyJ-") } }),
      status: 400,
    },
    "an error page": { body: `<html>${fill("<p>x</p>")}`, status: 502 },
    "a prompt of one word": { prompt: fill("a") },
    "a prompt of signs": { prompt: fill("?!`*#") },
    "a prompt in Chinese": { prompt: fill("请问为什么") },
  };

/** How long the event loop stands still at most, while 2 MB of hostile text is read. */
export async function blocks(): Promise<Section> {
  const rows: Row[] = [];
  for (const [what, { text, more }] of Object.entries(ANSWERS)) {
    const request = { messages: messagesOf(PROMPT), ...more };
    const unary = JSON.stringify(replyOf(text));
    const body = new TextEncoder().encode(unary);
    rows.push(await row(`${what}, unary`, () => call(body, 200, request), unary));
    const events = new TextEncoder().encode(eventsOf(text));
    rows.push(await row(`${what}, streamed`, () => drain(events, request)));
  }
  for (const [what, { body = JSON.stringify(replyOf("x")), status = 200, prompt = PROMPT }] of Object.entries(OTHERS)) {
    const request = { messages: messagesOf(prompt) };
    const bytes = new TextEncoder().encode(body);
    rows.push(await row(what, () => call(bytes, status, request), prompt === PROMPT ? body : undefined));
  }
  const reading = { cache: { maxBytes: 1e8, similar: { mode: "shadow" } } } as const satisfies Partial<RouterOptions>;
  const short = new TextEncoder().encode(JSON.stringify(replyOf("x")));
  const similar = { messages: messagesOf(fill('Isn\'t it 1,2. "so"? ')) };
  rows.push(await row("a prompt, with similarity", () => call(short, 200, similar, reading)));
  const about = `the longest time without a turn of the event loop, ${SIZE / 1e6} MB each, least of ${ROUNDS}; bare is JSON.parse of the same body`;
  return { name: "blocks", about, rows };
}

async function row(what: string, work: () => Promise<unknown>, parsed?: string): Promise<Row> {
  let value = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) value = Math.min(value, await longestBlockMs(work));
  if (parsed === undefined) return { what, value, unit: "ms", target: TARGET_MS };
  let bare = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    bare = Math.min(bare, await longestBlockMs(async () => tryToParse(parsed)));
  }
  return { what, value, unit: "ms", bare, target: TARGET_MS };
}

function tryToParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function longestBlockMs(work: () => Promise<unknown>): Promise<number> {
  let done = false;
  let longest = 0;
  let last = performance.now();
  const look = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (!done) setImmediate(look);
  };
  setImmediate(look);
  await work().catch(() => {});
  await new Promise((resolve) => setImmediate(resolve));
  done = true;
  look();
  return longest;
}

async function call(
  body: Uint8Array,
  status: number,
  request: ChatRequest,
  more: Partial<RouterOptions> = {},
): Promise<void> {
  const router = routerOf(body, status, "application/json", more);
  await router.chat(request).catch(() => {});
  await router.close();
}

async function drain(body: Uint8Array, request: ChatRequest): Promise<void> {
  const router = routerOf(body, 200, "text/event-stream");
  for await (const _ of router.stream(request));
  await router.close();
}

function routerOf(bytes: Uint8Array, status: number, type: string, more: Partial<RouterOptions> = {}) {
  const fetch: typeof globalThis.fetch = async () => {
    let at = 0;
    // As from a socket: each piece in a turn of its own.
    const pieces = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await new Promise((resolve) => setImmediate(resolve));
        if (at >= bytes.length) return controller.close();
        controller.enqueue(bytes.slice(at, at + PIECE));
        at += PIECE;
      },
    });
    return new Response(pieces, { status, headers: { "content-type": type } });
  };
  const model = { ...MODEL, contextWindow: 10_000_000 };
  const provider = { ...providerOf("one", fetch), models: [model] };
  return createRouter({ providers: [provider], retry: { attempts: 1 }, ...more });
}

function replyOf(content: string) {
  return {
    id: "chatcmpl-mock",
    object: "chat.completion",
    created: 1_700_000_000,
    model: MODEL.id,
    choices: [{ index: 0, message: { role: "assistant", content }, logprobs: null, finish_reason: "stop" }],
    usage: { prompt_tokens: 20, completion_tokens: 50, total_tokens: 70 },
  };
}

/** The text in events of 40 characters. */
function eventsOf(text: string): string {
  const events: string[] = [];
  const event = (delta: object, finish_reason: string | null): void => {
    events.push(
      `data: ${JSON.stringify({ id: "x", object: "chat.completion.chunk", created: 1, model: MODEL.id, choices: [{ index: 0, delta, finish_reason }] })}\n\n`,
    );
  };
  for (let at = 0; at < text.length; at += 40) event({ content: text.slice(at, at + 40) }, null);
  event({}, "stop");
  events.push("data: [DONE]\n\n");
  return events.join("");
}
