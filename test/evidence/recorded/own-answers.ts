import type { Expectation, RecordedAnswer } from "./answer.js";

/** What an answer says; each wire writes it in its own form, whole and streamed. */
interface Said {
  readonly name: string;
  readonly text?: string;
  readonly reasoning?: string;
  readonly calls?: readonly { readonly id: string; readonly name: string; readonly args: string }[];
  readonly finish: "stop" | "length" | "tool_calls";
}

const CALLS = [
  { id: "call_a1", name: "weather", args: '{"city":"Köln","days":2}' },
  { id: "call_b2", name: "now", args: "{}" },
];

const SAID: readonly Said[] = [
  { name: "text", text: "Zwölf Boxkämpfer 🎉 jagen Viktor.", finish: "stop" },
  { name: "cut text", text: "one two three", finish: "length" },
  { name: "thinking", reasoning: "first this,\nthen that", text: "42", finish: "stop" },
  { name: "one call", calls: CALLS.slice(0, 1), finish: "tool_calls" },
  { name: "text and two calls", text: "Let me look.", calls: CALLS, finish: "tool_calls" },
  { name: "thinking and a call", reasoning: "a tool would help", calls: CALLS.slice(0, 1), finish: "tool_calls" },
];

/** Answers of all wires, made here: what `npm run recorded` plays without a file. */
export function ownAnswers(): RecordedAnswer[] {
  return [
    ...SAID.flatMap((said) => [...openaiAnswers(said), ...anthropicAnswers(said), ...responsesAnswers(said)]),
    ...ODD_ANSWERS,
  ];
}

function answer(
  id: string,
  wire: RecordedAnswer["wire"],
  body: string,
  expect: Expectation,
  more: Partial<RecordedAnswer> = {},
): RecordedAnswer {
  const stream = !body.startsWith("{");
  const tools = ["weather", "now"];
  return { id, vendor: `own ${wire}`, wire, status: 200, stream, model: "m", tools, body, expect, ...more };
}

function expectationOf(said: Said, finish: string, usage: Expectation["usage"]): Expectation {
  const { text = "", reasoning = "", calls = [] } = said;
  return { text, reasoning, refusal: "", calls, finish, usage: usage ?? null };
}

const OPENAI_USAGE = {
  prompt_tokens: 40,
  completion_tokens: 12,
  total_tokens: 52,
  prompt_tokens_details: { cached_tokens: 8 },
};

function openaiAnswers(said: Said): RecordedAnswer[] {
  const { name, text, reasoning, calls = [], finish } = said;
  const head = { id: "chatcmpl-1", created: 1_790_000_000, model: "m" };
  const callOf = (call: (typeof CALLS)[number], args = call.args) => ({
    id: call.id,
    type: "function",
    function: { name: call.name, arguments: args },
  });
  const message = {
    role: "assistant",
    content: text ?? null,
    ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map((call) => callOf(call)) }),
  };
  const choices = [{ index: 0, message, finish_reason: finish }];
  const whole = { ...head, object: "chat.completion", choices, usage: OPENAI_USAGE };
  const deltas: unknown[] = [{ role: "assistant", content: "" }];
  for (const piece of pieces(reasoning)) deltas.push({ reasoning_content: piece });
  for (const piece of pieces(text)) deltas.push({ content: piece });
  calls.forEach((call, index) => {
    deltas.push({ tool_calls: [{ index, ...callOf(call, "") }] });
    for (const piece of pieces(call.args)) deltas.push({ tool_calls: [{ index, function: { arguments: piece } }] });
  });
  const chunk = (delta: unknown, reason: string | null) => ({
    ...head,
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta, finish_reason: reason }],
  });
  const events = [...deltas.map((delta) => chunk(delta, null)), chunk({}, finish)];
  const last = { ...head, object: "chat.completion.chunk", choices: [], usage: OPENAI_USAGE };
  const stream = [...events, last].map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
  const expect = expectationOf(said, finish, OPENAI_USAGE);
  return [
    answer(`openai, whole: ${name}`, "openai", JSON.stringify(whole), expect),
    answer(`openai, streamed: ${name}`, "openai", `${stream}data: [DONE]\n\n`, expect),
  ];
}

const ANTHROPIC_USAGE = {
  input_tokens: 30,
  cache_read_input_tokens: 8,
  cache_creation_input_tokens: 2,
  output_tokens: 12,
};
const STOP_REASONS = { stop: "end_turn", length: "max_tokens", tool_calls: "tool_use" } as const;

function anthropicAnswers(said: Said): RecordedAnswer[] {
  const { name, text, reasoning, calls = [], finish } = said;
  const blocks = [
    ...(reasoning === undefined ? [] : [{ type: "thinking", thinking: reasoning, signature: "c2lnbmF0dXJl" }]),
    ...(text === undefined ? [] : [{ type: "text", text }]),
    ...calls.map((call) => ({
      type: "tool_use",
      id: call.id,
      name: call.name,
      input: JSON.parse(call.args) as unknown,
    })),
  ];
  return anthropicBodies(
    name,
    blocks,
    STOP_REASONS[finish],
    expectationOf(said, STOP_REASONS[finish], ANTHROPIC_USAGE),
  );
}

/** An Anthropic message of these blocks, whole and as the stream that its servers write. */
function anthropicBodies(
  name: string,
  blocks: readonly { readonly type: string; readonly [field: string]: unknown }[],
  reason: string,
  expect: Expectation,
): RecordedAnswer[] {
  const head = { id: "msg_1", type: "message", role: "assistant", model: "m" };
  const whole = { ...head, content: blocks, stop_reason: reason, stop_sequence: null, usage: ANTHROPIC_USAGE };
  const usage = { ...ANTHROPIC_USAGE, output_tokens: 1 };
  const events: { type: string; [field: string]: unknown }[] = [
    { type: "message_start", message: { ...head, content: [], stop_reason: null, usage } },
  ];
  blocks.forEach((block, index) => {
    const { start, deltas } = begun(block);
    events.push({ type: "content_block_start", index, content_block: start });
    for (const delta of deltas) events.push({ type: "content_block_delta", index, delta });
    events.push({ type: "content_block_stop", index });
  });
  events.push({ type: "message_delta", delta: { stop_reason: reason }, usage: { output_tokens: 12 } });
  events.push({ type: "message_stop" });
  const stream = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
  return [
    answer(`anthropic, whole: ${name}`, "anthropic", JSON.stringify(whole), expect),
    answer(`anthropic, streamed: ${name}`, "anthropic", stream, expect),
  ];
}

const RESPONSES_USAGE = {
  input_tokens: 40,
  input_tokens_details: { cached_tokens: 8 },
  output_tokens: 12,
  output_tokens_details: { reasoning_tokens: 3 },
  total_tokens: 52,
};

function responsesAnswers(said: Said): RecordedAnswer[] {
  const { name, text, reasoning, calls = [], finish } = said;
  const status = finish === "length" ? "incomplete" : "completed";
  const output: { type: string; [field: string]: unknown }[] = [];
  if (reasoning !== undefined) {
    const summary = [{ type: "summary_text", text: reasoning }];
    output.push({ type: "reasoning", id: "rs_1", summary, encrypted_content: "c2VhbGVk" });
  }
  if (text !== undefined) {
    const content = [{ type: "output_text", text, annotations: [] }];
    output.push({ type: "message", id: "msg_1", role: "assistant", status, content });
  }
  for (const { id, name: called, args } of calls) {
    output.push({ type: "function_call", id: `fc_${id}`, call_id: id, name: called, arguments: args, status });
  }
  const head = { id: "resp_1", object: "response", created_at: 1_790_000_000, model: "m" };
  const incomplete_details = finish === "length" ? { reason: "max_output_tokens" } : null;
  const whole = { ...head, status, incomplete_details, output, usage: RESPONSES_USAGE };
  const events: { type: string; [field: string]: unknown }[] = [
    { type: "response.created", response: { ...head, status: "in_progress", output: [] } },
  ];
  output.forEach((item, output_index) => {
    const at = { item_id: item.id, output_index };
    const { encrypted_content: _, ...begun } = { ...item, content: [], summary: [], arguments: "" } as typeof item;
    events.push({ type: "response.output_item.added", output_index, item: begun });
    const [kind, said_] =
      item.type === "message"
        ? (["output_text", text] as const)
        : item.type === "reasoning"
          ? (["reasoning_summary_text", reasoning] as const)
          : (["function_call_arguments", item.arguments as string] as const);
    for (const delta of pieces(said_)) events.push({ type: `response.${kind}.delta`, ...at, delta });
    events.push({ type: "response.output_item.done", output_index, item });
  });
  events.push({ type: `response.${status}`, response: whole });
  const stream = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
  const ended = finish === "length" ? "max_output_tokens" : "completed";
  const expect = expectationOf(said, ended, RESPONSES_USAGE);
  return [
    answer(`responses, whole: ${name}`, "responses", JSON.stringify(whole), expect),
    answer(`responses, streamed: ${name}`, "responses", stream, expect),
  ];
}

type Block = { readonly type: string; readonly [field: string]: unknown };

/** How the stream begins a block, and the deltas that complete it. */
function begun(block: Block): { start: Block; deltas: readonly Block[] } {
  const { text, thinking, signature, input } = block;
  if (block.type === "text") {
    const citations = (block.citations ?? []) as readonly unknown[];
    const said = pieces(text as string).map((piece) => ({ type: "text_delta", text: piece }));
    const cited = citations.map((citation) => ({ type: "citations_delta", citation }));
    const start = block.citations === undefined ? { ...block, text: "" } : { ...block, text: "", citations: [] };
    return { start, deltas: [...cited, ...said] };
  }
  if (block.type === "thinking") {
    const thought = pieces(thinking as string).map((piece) => ({ type: "thinking_delta", thinking: piece }));
    return {
      start: { ...block, thinking: "", signature: "" },
      deltas: [...thought, { type: "signature_delta", signature }],
    };
  }
  if (input !== undefined) {
    const json = pieces(JSON.stringify(input)).map((piece) => ({ type: "input_json_delta", partial_json: piece }));
    return { start: { ...block, input: {} }, deltas: json };
  }
  return { start: block, deltas: [] };
}

/** A text in pieces of seven characters. */
function pieces(text: string | undefined): string[] {
  return text?.match(/[\s\S]{1,7}/gu) ?? [];
}

/** Answers as single vendors give them. */
const ODD_ANSWERS: readonly RecordedAnswer[] = [
  answer(
    "openai: an error in a 400",
    "openai",
    '{"error":{"message":"Unknown parameter: foo","type":"invalid_request_error","code":"unknown_parameter"}}',
    { error: true },
    { status: 400 },
  ),
];
