import fc from "fast-check";

type Body = { [field: string]: unknown };

const DATA_URL = "data:image/png;base64,AAAA";
const EPHEMERAL = { type: "ephemeral" };
const SCHEMA = { type: "object" };
const SEALED = `signalbox/up/${JSON.stringify({ wire: "responses", items: [{ type: "web_search_call", id: "ws" }] })}`;

/** A request of each door that says everything which that door knows. */
const FULL: { readonly [door: string]: Body } = {
  chat: {
    messages: [
      { role: "system", content: "s" },
      {
        role: "user",
        content: [
          { type: "text", text: "x", cache_control: EPHEMERAL },
          { type: "image_url", image_url: { url: DATA_URL } },
        ],
      },
      {
        role: "assistant",
        content: null,
        tool_calls: [{ id: "c1", type: "function", function: { name: "f", arguments: "{}" } }],
        provider_state: {
          issuer: "up",
          data: { wire: "anthropic", blocks: [{ type: "text", text: "t" }], items: [{}] },
        },
        reasoning_content: "t",
      },
      { role: "tool", tool_call_id: "c1", content: "r" },
    ],
    tools: [{ type: "function", function: { name: "f", parameters: SCHEMA } }],
    tool_choice: { type: "function", function: { name: "f" } },
    response_format: { type: "json_schema", json_schema: { name: "n", schema: SCHEMA } },
    functions: [{ name: "f" }],
    function_call: { name: "f" },
    stop: ["a"],
    stream_options: { include_usage: true },
    metadata: { a: "b" },
  },
  messages: {
    max_tokens: 5,
    system: [{ type: "text", text: "s", cache_control: EPHEMERAL }],
    messages: [
      {
        role: "user",
        content: [
          { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } },
          { type: "document", source: { type: "base64", media_type: "application/pdf", data: "AA" }, title: "t" },
          { type: "search_result", title: "t", source: "s", content: [{ type: "text", text: "x" }] },
        ],
      },
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "t", signature: "signalbox/up/sig" },
          { type: "redacted_thinking", data: 'signalbox/up/{"text":"x"}' },
          { type: "text", text: "a", citations: [] },
          { type: "tool_use", id: "c1", name: "f", input: {} },
        ],
      },
      {
        role: "user",
        content: [{ type: "tool_result", tool_use_id: "c1", is_error: true, content: [{ type: "text", text: "r" }] }],
      },
    ],
    tools: [{ name: "f", input_schema: SCHEMA, cache_control: EPHEMERAL }],
    tool_choice: { type: "tool", name: "f", disable_parallel_tool_use: true },
    thinking: { type: "enabled", budget_tokens: 2_000 },
    output_config: { effort: "low", format: { type: "json_schema", schema: SCHEMA } },
    metadata: { user_id: "u" },
    stop_sequences: ["x"],
    cache_control: EPHEMERAL,
  },
  responses: {
    instructions: "i",
    input: [
      {
        role: "user",
        content: [
          { type: "input_text", text: "x" },
          { type: "input_image", image_url: DATA_URL },
          { type: "input_file", file_data: "data:application/pdf;base64,AAAA", filename: "f" },
        ],
      },
      { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "t" }], encrypted_content: SEALED },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "a", annotations: [] }] },
      { type: "function_call", call_id: "c", name: "f", arguments: "{}" },
      { type: "function_call_output", call_id: "c", output: [{ type: "input_text", text: "r" }] },
    ],
    tools: [{ type: "function", name: "f", parameters: SCHEMA, strict: true }],
    tool_choice: { type: "allowed_tools", mode: "auto", tools: [{ type: "function", name: "f" }] },
    text: { format: { type: "json_schema", name: "n", schema: SCHEMA }, verbosity: "low" },
    reasoning: { effort: "low", summary: "auto" },
    include: ["reasoning.encrypted_content"],
    metadata: { a: "b" },
    store: false,
  },
};

const WORDS = ["\ud800", "a\r\nx: 1", "\0", "__proto__", "", "auto", "user", "assistant", "tool", "text", "function"];
const NAMES = ["type", "role", "content", "text", "id", "name", "arguments", "function", "source", "data", "tools"];

/** Anything where something else belongs. */
const rubbish = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1.5,
    [],
    {},
    [null],
    [[]],
    "signalbox/",
    "signalbox/%/x",
    "signalbox/up/null",
  ),
  fc.constantFrom(...WORDS),
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.dictionary(fc.constantFrom(...NAMES), fc.constantFrom<unknown>(null, 1, "x", [], {}, [null]), { maxKeys: 3 }),
);

type Place = readonly (string | number)[];

function placesIn(value: unknown, place: Place = []): Place[] {
  if (typeof value !== "object" || value === null) return [place];
  const inner = Object.entries(value).flatMap(([name, each]) => placesIn(each, [...place, name]));
  return place.length === 0 ? inner : [place, ...inner];
}

/** A full request of the door with one or two places spoilt, and some of its fields left out. */
export function hostileRequests(door: string): fc.Arbitrary<Body> {
  const full = FULL[door] ?? {};
  const place = fc.constantFrom(...placesIn(full));
  const spoilt = fc.array(fc.tuple(place, fc.option(rubbish, { nil: undefined })), { minLength: 1, maxLength: 2 });
  const optional = Object.keys(full).filter((name) => name !== "messages" && name !== "input");
  const dropped = fc.subarray(optional, { maxLength: 3 });
  return fc.tuple(spoilt, dropped, fc.boolean()).map(([changes, without, stream]) => {
    const body: Body = { model: "auto", ...structuredClone(full), stream };
    for (const [at, value] of changes) change(body, at, value);
    for (const name of without) delete body[name];
    return body;
  });
}

function change(body: Body, place: Place, value: unknown): void {
  let inside: unknown = body;
  for (const name of place.slice(0, -1)) inside = (inside as Body | undefined)?.[name];
  if (typeof inside !== "object" || inside === null) return;
  const name = String(place.at(-1));
  if (value === undefined) delete (inside as Body)[name];
  else (inside as Body)[name] = value;
}
