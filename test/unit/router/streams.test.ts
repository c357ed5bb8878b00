import { type ChatChunk, createRouter, SignalboxError, type StreamOnlyProvider } from "signalbox";
import { expect, test } from "vitest";
import { ask, double, failing, model } from "./doubles.js";

const chunk = (content: string, finish: "stop" | null = null): ChatChunk => ({
  id: "c",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index: 0, delta: content ? { content } : {}, finish_reason: finish }],
});
const usage: ChatChunk = {
  ...chunk(""),
  choices: [],
  usage: { prompt_tokens: 10, completion_tokens: 3, total_tokens: 13 },
};

function streaming(
  id: string,
  steps: readonly (ChatChunk | Error)[],
): StreamOnlyProvider & { left: number; calls: number } {
  const provider = {
    id,
    models: [model()],
    left: 0,
    calls: 0,
    async *stream() {
      provider.calls += 1;
      try {
        for (const step of steps) {
          await Promise.resolve();
          if (step instanceof Error) throw step;
          yield step;
        }
      } finally {
        provider.left += 1;
      }
    },
  };
  return provider;
}
const role = { ...chunk(""), choices: [{ index: 0, delta: { role: "assistant" as const }, finish_reason: null }] };
const whole = [role, chunk("Hel"), chunk("lo"), chunk("", "stop"), usage];

async function textOf(stream: AsyncIterable<ChatChunk>): Promise<string> {
  let text = "";
  for await (const { choices } of stream) text += choices[0]?.delta.content ?? "";
  return text;
}

test("chunks come through, the reply is assembled, usage stays hidden unless asked for", async () => {
  const router = createRouter({ providers: [streaming("a", whole)] });
  const stream = router.stream(ask("x"));
  const chunks: ChatChunk[] = [];
  for await (const each of stream) chunks.push(each);
  expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("")).toBe("Hello");
  expect(chunks.every(({ choices }) => choices.length === 1)).toBe(true);
  const reply = await stream.reply;
  expect(reply.choices[0].message.content).toBe("Hello");
  expect(reply.usage.total_tokens).toBe(13);
  const asked = router.stream({ ...ask("x"), stream_options: { include_usage: true } });
  const last: ChatChunk[] = [];
  for await (const each of asked) last.push(each);
  expect(last.at(-1)?.usage?.total_tokens).toBe(13);
});

test("a failure before the first content is unseen: one stream, from the next candidate", async () => {
  const router = createRouter({
    providers: [streaming("a", [role, failing()]), streaming("b", whole)],
    strategy: "ordered",
  });
  const stream = router.stream(ask("x"));
  const chunks: ChatChunk[] = [];
  for await (const each of stream) chunks.push(each);
  expect(chunks.filter(({ choices }) => choices[0]?.delta.role)).toHaveLength(1);
  expect((await stream.reply).route.attempts.map(({ outcome }) => outcome)).toEqual(["server", "success"]);
});

test("a cut after the first content is a typed error with the exact prefix, and never a success", async () => {
  const backup = streaming("b", whole);
  const router = createRouter({
    providers: [streaming("a", [role, chunk("Hel"), failing("network")]), backup],
    strategy: "ordered",
  });
  const stream = router.stream(ask("x"));
  let text = "";
  const thrown = await (async () => {
    for await (const { choices } of stream) text += choices[0]?.delta.content ?? "";
  })().catch((error: unknown) => error);
  expect(text).toBe("Hel");
  if (!SignalboxError.isInstance(thrown)) throw new Error("expected a SignalboxError");
  expect([thrown.kind, thrown.partial?.text, backup.calls]).toEqual(["stream_interrupted", "Hel", 0]);
  await expect(stream.reply).rejects.toThrow();
});

test("an end without a finish reason is a cut", async () => {
  const router = createRouter({ providers: [streaming("a", [chunk("Hel")])] });
  await expect(textOf(router.stream(ask("x")))).rejects.toMatchObject({
    kind: "stream_interrupted",
    detail: "truncated",
  });
});

test("restart, by choice: a marker that says forget, then a fresh answer", async () => {
  const router = createRouter({
    providers: [streaming("a", [chunk("Hel"), failing("network")]), streaming("b", whole)],
    strategy: "ordered",
    streams: { onInterrupted: "restart" },
  });
  const stream = router.stream(ask("x"));
  const seen: string[] = [];
  for await (const each of stream) seen.push(each.signalbox ? "reset" : (each.choices[0]?.delta.content ?? ""));
  expect(seen.filter(Boolean)).toEqual(["Hel", "reset", "Hel", "lo"]);
  expect((await stream.reply).choices[0].message.content).toBe("Hello");
});

test("a stream says who answers from its first chunk on, also after a restart", async () => {
  const router = createRouter({
    providers: [streaming("a", [chunk("Hel"), failing("network")]), streaming("b", whole)],
    strategy: "ordered",
    streams: { onInterrupted: "restart" },
  });
  const stream = router.stream(ask("x"));
  expect(stream.route).toBeUndefined();
  const served = [];
  for await (const _ of stream) served.push(stream.route?.provider);
  expect([served[0], served.at(-1)]).toEqual(["a", "b"]);
  const { route } = await stream.reply;
  expect(route).toMatchObject({ ...stream.route });
});

test("reply alone drains; reading it first loses no chunk for the iterator", async () => {
  const router = createRouter({ providers: [streaming("a", whole)] });
  expect((await router.stream(ask("x")).reply).choices[0].message.content).toBe("Hello");
  const stream = router.stream(ask("y"));
  const reply = stream.reply;
  expect(await textOf(stream)).toBe("Hello");
  expect((await reply).choices[0].message.content).toBe("Hello");
  const late = router.stream(ask("z"));
  await late.reply;
  expect(await textOf(late)).toBe("Hello");
});

test("an early break closes the provider's stream and rejects reply with cancelled", async () => {
  const source = streaming("a", whole);
  const router = createRouter({ providers: [source] });
  const stream = router.stream(ask("x"));
  for await (const { choices } of stream) if (choices[0]?.delta.content) break;
  await expect(stream.reply).rejects.toMatchObject({ kind: "cancelled", name: "AbortError" });
  expect(source.left).toBe(1);
  expect(router.health().candidates[0]?.status).toBe("unknown");
});

test("who asks for the usage gets it once, estimated where the vendor gives none; live and from the cache alike", async () => {
  const router = createRouter({ providers: [streaming("a", whole.slice(0, -1))], cache: {} });
  const chunks = { live: [] as ChatChunk[], cached: [] as ChatChunk[] };
  for (const seen of [chunks.live, chunks.cached]) {
    const stream = router.stream({ ...ask("x"), stream_options: { include_usage: true } });
    for await (const chunk of stream) seen.push(chunk);
    const { usage } = await stream.reply;
    expect(usage).toMatchObject({ estimated: true });
    expect(seen.filter(({ choices }) => choices.length === 0)).toEqual([seen.at(-1)]);
    expect(seen.at(-1)?.usage).toEqual(usage);
  }
  expect(chunks.live.at(-1)?.usage).toEqual(chunks.cached.at(-1)?.usage);
});

test("nothing is sent until someone reads, and a failure nobody waits for stays quiet", async () => {
  const source = streaming("a", [failing("auth")]);
  const router = createRouter({ providers: [source] });
  const stream = router.stream(ask("x"));
  await Promise.resolve();
  expect(source.calls).toBe(0);
  void stream.reply;
  await new Promise((resolve) => setImmediate(resolve));
  expect(source.calls).toBe(1);
});

test("a provider that only answers whole can be streamed, and one that only streams can be asked", async () => {
  const router = createRouter({ providers: [double("a"), streaming("b", whole)], strategy: "ordered" });
  expect(await textOf(router.stream(ask("x"), { allow: ["a"] }))).toBe("a says hello");
  expect((await router.chat(ask("x"), { allow: ["b"] })).choices[0].message.content).toBe("Hello");
});

test("toResponse sends server-sent events that end with [DONE]", async () => {
  const router = createRouter({ providers: [streaming("a", whole)] });
  const response = await router.stream(ask("x")).toResponse();
  expect(response.headers.get("content-type")).toContain("text/event-stream");
  const body = await response.text();
  expect(body.endsWith("data: [DONE]\n\n")).toBe(true);
  const text = body
    .split("\n\n")
    .filter((line) => line.startsWith("data: {"))
    .map((line) => JSON.parse(line.slice(6)) as ChatChunk)
    .map(({ choices }) => choices[0]?.delta.content ?? "")
    .join("");
  expect(text).toBe("Hello");
});
