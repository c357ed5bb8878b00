import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { context, metrics, ProxyTracerProvider, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import * as conventions from "@opentelemetry/semantic-conventions/incubating";
import { createRouter } from "signalbox";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import manifest from "../../../../package.json" with { type: "json" };
import type { ChatRequest } from "../../../../src/chat/request.js";
import { SignalboxError } from "../../../../src/errors/signalbox-error.js";
import { type InstrumentOptions, instrument, SEMCONV_VERSION } from "../../../../src/integrations/otel/index.js";
import * as names from "../../../../src/integrations/otel/names.js";
import { type Scripted, says, scripted } from "../support.js";

const request: ChatRequest = {
  messages: [
    { role: "system", content: "Be short" },
    { role: "user", content: "A secret question" },
  ],
};

const exporter = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const tracer = tracerProvider.getTracer("test");

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  return () => context.disable();
});
beforeEach(() => exporter.reset());

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

function traced(providers: Scripted[], options: InstrumentOptions = {}) {
  const router = createRouter({ providers, strategy: "ordered" });
  const { router: view, stop } = instrument(router, { tracerProvider, ...options });
  stops.push(stop);
  return view;
}

const down = (id: string) => scripted(() => new SignalboxError("server", "down"), { id });
const up = (id: string) => scripted(() => says("A secret answer"), { id });
const spans = (): ReadableSpan[] => exporter.getFinishedSpans();
const named = (name: string): ReadableSpan => spans().find((span) => span.name === name)!;
const parentOf = (span: ReadableSpan): string | undefined => span.parentSpanContext?.spanId;
const timeOf = ([seconds, nanos]: [number, number]): number => seconds * 1_000 + nanos / 1e6;

describe("spans", () => {
  it("one for the request, one for each upstream call inside it, in the conventions' words", async () => {
    const before = Date.now();
    const models = ["a/m1", "b/m1"];
    await traced([down("a"), up("b")]).chat({ ...request, models }, { tenant: "acme" });
    expect(spans().map((span) => span.name)).toEqual(["chat m1", "chat m1", "signalbox.request"]);
    const [failed, answered, whole] = spans() as [ReadableSpan, ReadableSpan, ReadableSpan];
    expect(whole.kind).toBe(SpanKind.INTERNAL);
    expect(whole.status.code).toBe(SpanStatusCode.UNSET);
    expect(whole.attributes).toMatchObject({
      "signalbox.outcome": "ok",
      "signalbox.strategy": "ordered",
      "signalbox.provider": "b",
      "signalbox.cache.status": "bypass",
      "signalbox.attempts": 2,
      "signalbox.tenant": "acme",
    });
    expect(Object.keys(whole.attributes).filter((name) => name.startsWith("gen_ai."))).toEqual([]);
    expect(whole.events.map((event) => event.name)).toEqual(["signalbox.fallback"]);
    for (const span of [failed, answered]) {
      expect(span.kind).toBe(SpanKind.CLIENT);
      expect(parentOf(span)).toBe(whole.spanContext().spanId);
      expect(timeOf(span.startTime)).toBeGreaterThanOrEqual(timeOf(whole.startTime));
      expect(timeOf(span.endTime)).toBeLessThanOrEqual(timeOf(whole.endTime));
    }
    expect(timeOf(whole.startTime)).toBeGreaterThan(before - 5);
    expect(timeOf(whole.endTime)).toBeLessThan(Date.now() + 5);
    expect(failed.status).toEqual({ code: SpanStatusCode.ERROR, message: "server" });
    expect(failed.attributes).toMatchObject({ "gen_ai.provider.name": "a", "error.type": "server" });
    expect(answered.attributes).toMatchObject({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "b",
      "gen_ai.request.model": "m1",
      "gen_ai.request.stream": false,
      "gen_ai.usage.input_tokens": 12,
      "gen_ai.usage.output_tokens": 5,
      "gen_ai.usage.cache_read.input_tokens": 4,
      "gen_ai.usage.reasoning.output_tokens": 2,
      "signalbox.attempt.role": "fallback",
      "signalbox.cost_usd": expect.any(Number),
    });
  });

  it.each(["chat", "stream"] as const)("tell what was asked for and what the answer calls itself (%s)", async (how) => {
    const router = traced([up("a")]);
    const asked = { ...request, model: "a/m2", temperature: 0, top_p: 0.5, max_tokens: 64 };
    const talk = router.conversation("c1");
    const reply = how === "chat" ? await talk.chat(asked) : await talk.stream(asked).reply;
    // The double calls itself m1, whatever it is asked for.
    expect(named("chat m2").attributes).toMatchObject({
      "gen_ai.request.model": "m2",
      "gen_ai.request.temperature": 0,
      "gen_ai.request.top_p": 0.5,
      "gen_ai.request.max_tokens": 64,
      "gen_ai.conversation.id": "c1",
      "gen_ai.response.id": reply.id,
      "gen_ai.response.model": "m1",
      "gen_ai.response.finish_reasons": ["stop"],
    });
    expect(named("signalbox.request").attributes).toMatchObject({ "gen_ai.conversation.id": "c1" });
    exporter.reset();
    await router.chat(request);
    for (const { attributes } of spans()) {
      expect(Object.keys(attributes)).not.toContain("gen_ai.request.temperature");
      expect(Object.keys(attributes)).not.toContain("gen_ai.conversation.id");
    }
  });

  it("a failed request is an error, a caller who left is not", async () => {
    const router = traced([down("a")]);
    await expect(router.chat(request)).rejects.toThrow();
    expect(named("signalbox.request").status.code).toBe(SpanStatusCode.ERROR);
    exporter.reset();
    const waiting = traced([scripted(() => new Promise(() => {}), { id: "slow" })]);
    const controller = new AbortController();
    const asked = waiting.chat(request, { signal: controller.signal });
    controller.abort();
    await expect(asked).rejects.toThrow();
    const whole = named("signalbox.request");
    expect(whole.attributes).toMatchObject({ "error.type": "cancelled" });
    expect(whole.status.code).toBe(SpanStatusCode.UNSET);
  });

  it("belong to the span around the call; a hundred at once do not mix", async () => {
    const router = traced([up("a")]);
    const parents = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        tracer.startActiveSpan(`parent ${index}`, async (span) => {
          await (index % 2 === 0 ? router.chat(request) : router.stream(request).text());
          span.end();
          return span.spanContext();
        }),
      ),
    );
    for (const { spanId, traceId } of parents) {
      const own = spans().filter((span) => span.spanContext().traceId === traceId);
      expect(own.map((span) => span.name).sort()).toEqual([
        "chat m1",
        expect.stringMatching(/^parent/),
        "signalbox.request",
      ]);
      expect(parentOf(own.find((span) => span.name === "signalbox.request")!)).toBe(spanId);
    }
  });

  it("streams belong where they were asked for, wherever they are read", async () => {
    const router = traced([up("a")]);
    const readers: { [how: string]: (stream: ReturnType<typeof router.stream>) => Promise<unknown> } = {
      iterate: async (stream) => {
        for await (const _chunk of stream);
      },
      reply: (stream) => stream.reply,
      text: (stream) => stream.text(),
      response: async (stream) => (await stream.toResponse()).text(),
    };
    for (const [how, read] of Object.entries(readers)) {
      exporter.reset();
      const { stream, parent } = tracer.startActiveSpan("parent", (span) => {
        span.end();
        return { stream: router.with({ tenant: "x" }).stream(request), parent: span.spanContext().spanId };
      });
      await tracer.startActiveSpan("reader", (span) => read(stream).finally(() => span.end()));
      expect(parentOf(named("signalbox.request")), how).toBe(parent);
      expect(named("chat m1").attributes).toMatchObject({ "gen_ai.request.stream": true });
    }
  });

  it.each(["chat", "stream"] as const)("a router within a router is inside the outer's request (%s)", async (how) => {
    const asked = { ...request, models: ["a/m1", "inner/auto"] };
    const ask = (router: ReturnType<typeof traced>) =>
      how === "chat" ? router.chat(asked) : router.stream(asked).text();
    const failing = scripted(
      () => {
        tracer.startSpan("own work").end();
        return new SignalboxError("server", "down");
      },
      { id: "a" },
    );
    const inner = createRouter({ id: "inner", providers: [up("b")], strategy: "ordered" });
    const { router: innerView, stop } = instrument(inner, { tracerProvider, captureContent: true });
    stops.push(stop);
    // Handed on as it is, or as its view: its events are heard either way.
    for (const within of [inner, innerView]) {
      const outer = createRouter({ id: "outer", providers: [failing, within], strategy: "ordered" });
      const instrumented = instrument(outer, { tracerProvider });
      stops.push(instrumented.stop);
      exporter.reset();
      await Promise.all(Array.from({ length: 4 }, () => ask(instrumented.router)));
      await vi.waitFor(() => expect(spans().filter(({ name }) => name === "signalbox.request").length).toBe(8));
      const requests = spans().filter(({ name }) => name === "signalbox.request");
      const outers = requests.filter((span) => parentOf(span) === undefined);
      expect(outers.length).toBe(4);
      for (const whole of outers) {
        const inside = spans().filter((span) => parentOf(span) === whole.spanContext().spanId);
        expect(inside.map(({ name }) => name).sort()).toEqual([
          "chat auto",
          "chat m1",
          "own work",
          "signalbox.request",
        ]);
        const nested = inside.find(({ name }) => name === "signalbox.request")!;
        expect("gen_ai.input.messages" in nested.attributes).toBe(within === innerView);
        const calls = spans().filter((span) => parentOf(span) === nested.spanContext().spanId);
        expect(calls.map(({ name }) => name)).toEqual(["chat m1"]);
      }
    }
  });

  it("without a context manager a router within has a trace of its own, as before", async () => {
    context.disable();
    try {
      const inner = traced([up("b")]);
      const outer = instrument(createRouter({ id: "outer", providers: [inner] }), { tracerProvider });
      stops.push(outer.stop);
      await outer.router.chat(request);
      await outer.router.stream(request).text();
      const requests = spans().filter(({ name }) => name === "signalbox.request");
      expect(requests.map(parentOf)).toEqual(Array(4).fill(undefined));
    } finally {
      context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    }
  });

  it("no span is left open once stopped, and nothing is traced after", async () => {
    const router = createRouter({ providers: [scripted(() => new Promise(() => {}), { id: "slow" })] });
    const { stop } = instrument(router, { tracerProvider });
    const controller = new AbortController();
    const asked = router.chat(request, { signal: controller.signal });
    stop();
    expect(spans().length).toBe(1);
    controller.abort();
    await expect(asked).rejects.toThrow();
    expect(spans().length).toBe(1);
  });

  it("keeps no more open than it was told", async () => {
    const router = traced([up("a")], { maxOpen: 2 });
    await Promise.all(Array.from({ length: 5 }, () => router.chat(request)));
    expect(spans().filter((span) => span.name === "signalbox.request").length).toBe(2);
    expect(() => traced([up("a")], { maxOpen: 0 })).toThrow(/maxOpen/);
  });
});

describe("content", () => {
  it("is not recorded unless asked for", async () => {
    const router = traced([up("a"), down("b")]);
    await router.chat(request);
    await router.stream(request).text();
    for (const span of spans()) expect(JSON.stringify([span.attributes, span.events])).not.toContain("secret");
  });

  it.each(["chat", "stream"])("is recorded on the request by opt-in, redacted (%s)", async (how) => {
    const redact = (text: string) => text.replace("secret", "***");
    const router = traced([up("a")], { captureContent: { redact } });
    if (how === "chat") await router.chat(request);
    else await router.stream(request).text();
    await new Promise((resolve) => setImmediate(resolve));
    const { attributes } = named("signalbox.request");
    expect(JSON.parse(String(attributes["gen_ai.input.messages"]))).toEqual([
      { role: "user", parts: [{ type: "text", content: "A *** question" }] },
    ]);
    expect(JSON.parse(String(attributes["gen_ai.system_instructions"]))).toEqual([
      { type: "text", content: "Be short" },
    ]);
    expect(JSON.parse(String(attributes["gen_ai.output.messages"]))).toEqual([
      { role: "assistant", parts: [{ type: "text", content: "A *** answer" }], finish_reason: "stop" },
    ]);
  });

  it("of a conversation's turns too, whose streams stay under the span they were asked for in", async () => {
    const router = traced([up("a")], { captureContent: true });
    const talk = router.conversation("c1", { tenant: "acme" });
    await talk.chat("A first secret");
    const stream = tracer.startActiveSpan("app", (span) => {
      const asked = talk.stream([{ role: "user", content: "A second secret" }]);
      span.end();
      return asked;
    });
    expect(await stream.text()).toBe("A secret answer");
    await vi.waitFor(() => expect(spans().filter(({ name }) => name === "signalbox.request")).toHaveLength(2));
    const [first, second] = spans().filter(({ name }) => name === "signalbox.request") as [ReadableSpan, ReadableSpan];
    expect(first.attributes["gen_ai.input.messages"]).toContain("A first secret");
    expect(second.attributes["gen_ai.input.messages"]).toContain("A second secret");
    expect(second.attributes["gen_ai.output.messages"]).toContain("A secret answer");
    expect(parentOf(second)).toBe(named("app").spanContext().spanId);
    expect(talk.messages()).toHaveLength(4);
    await expect(router.chat(undefined as never)).rejects.toMatchObject({ kind: "invalid_request" });
  });
});

describe("metrics", () => {
  it("follow the conventions", async () => {
    const reader = new PeriodicExportingMetricReader({
      exporter: new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE),
      exportIntervalMillis: 3_600_000,
    });
    const meterProvider = new MeterProvider({ readers: [reader] });
    const router = traced([down("a"), up("b")], { meterProvider });
    await router.chat(request);
    await router.stream(request).text();
    const { resourceMetrics } = await reader.collect();
    const found = new Map(resourceMetrics.scopeMetrics[0]!.metrics.map((metric) => [metric.descriptor.name, metric]));
    const points = (name: string) =>
      found.get(name)!.dataPoints as { attributes: object; value: { count: number; sum: number } }[];
    expect(found.get(names.METRIC_DURATION)?.descriptor).toMatchObject({ unit: "s", type: "HISTOGRAM" });
    expect(points(names.METRIC_DURATION).map((point) => point.attributes)).toContainEqual({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "a",
      "gen_ai.request.model": "m1",
      "error.type": "server",
    });
    const tokens = points(names.METRIC_TOKENS).map(({ attributes, value }) => [attributes, value.count, value.sum]);
    const who = { "gen_ai.operation.name": "chat", "gen_ai.provider.name": "b", "gen_ai.request.model": "m1" };
    expect(tokens).toEqual([
      [{ ...who, "gen_ai.token.type": "input" }, 2, 24],
      [{ ...who, "gen_ai.token.type": "output" }, 2, 10],
    ]);
    expect(points(names.METRIC_FIRST_CHUNK)[0]?.value.count).toBe(1);
    expect(points("signalbox.request.duration").map((point) => point.attributes)).toEqual([
      { "signalbox.outcome": "ok", "signalbox.strategy": "ordered", "signalbox.cache.status": "bypass" },
    ]);
    expect(found.get("signalbox.cost")?.dataPoints[0]?.value).toBeGreaterThan(0);
    await meterProvider.shutdown();
  });

  it("cost nothing without an SDK: no instrument is made and no span kept", async () => {
    const router = createRouter({ providers: [up("a")] });
    const { router: view } = instrument(router, {
      tracerProvider: trace.getTracerProvider(),
      meterProvider: metrics.getMeterProvider(),
    });
    expect((await view.chat(request)).choices[0].message.content).toBe("A secret answer");
    expect(spans()).toEqual([]);
  });

  it("until an SDK is there only the begin of a request is heard; one that comes later gets its spans", async () => {
    const late = new ProxyTracerProvider();
    const router = createRouter({ providers: [up("a")] });
    const heard = vi.spyOn(router, "on");
    const { stop } = instrument(router, { tracerProvider: late });
    await router.chat(request);
    expect(heard.mock.calls.map(([name]) => name)).toEqual(["request"]);
    late.setDelegate(tracerProvider);
    await router.chat(request);
    await router.chat(request);
    expect(spans().map((span) => span.name.split(" ")[0])).toEqual(Array(2).fill(["chat", "signalbox.request"]).flat());
    expect(heard).toHaveBeenCalledTimes(6);
    const left = vi.spyOn(router, "off");
    stop();
    expect(left).toHaveBeenCalledTimes(6);
  });
});

it("every word is in the conventions of the version named", () => {
  const known = new Set<unknown>(Object.values(conventions));
  const folder = fileURLToPath(new URL("../../../../src/integrations/otel", import.meta.url));
  const code = readdirSync(folder).map((file) => readFileSync(`${folder}/${file}`, "utf8"));
  const ours = new Set(code.flatMap((text) => text.match(/(?<=")gen_ai\.[a-z_.]+(?=")/g) ?? []));
  expect(ours.size).toBeGreaterThan(12);
  expect([...ours].filter((name) => !known.has(name))).toEqual([]);
  expect(SEMCONV_VERSION).toBe(manifest.devDependencies["@opentelemetry/semantic-conventions"]);
});
