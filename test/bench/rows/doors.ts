import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base";
import { Registry } from "prom-client";
import { createRouter } from "signalbox";
import { createFetch as anthropicFetch } from "signalbox/anthropic";
import { createFetch } from "signalbox/openai";
import { instrument } from "signalbox/otel";
import { exportMetrics } from "signalbox/prometheus";
import { timeAbove, timeCalls } from "../measure.js";
import type { Row, Section } from "../row.js";
import { answering, bareStream, MODEL, messagesOf, PROMPT, streaming, threeProviders, threeQuick } from "../stub.js";

const EVENTS = 2_000;
const MANY_EVENTS = 20_000;

/** What each door adds to a call. */
export async function doors(): Promise<Section> {
  const messages = messagesOf(PROMPT);
  const request = { messages, model: MODEL.id };
  const plain = createRouter({ providers: threeProviders(answering) });
  const viaFetch = createFetch(plain);
  const viaMessages = anthropicFetch(plain);
  const asked = { method: "POST", body: JSON.stringify({ ...request, max_tokens: 1_000 }) };
  const post = { method: "POST", body: JSON.stringify(request) };
  const input = { method: "POST", body: JSON.stringify({ model: MODEL.id, input: PROMPT, store: false }) };
  const json = await timeAbove(
    [
      { name: "plain", run: () => plain.chat(request) },
      { name: "door", run: async () => (await viaFetch("http://router.invalid/v1/chat/completions", post)).json() },
      { name: "responses", run: async () => (await viaFetch("http://router.invalid/v1/responses", input)).json() },
      { name: "messages", run: async () => (await viaMessages("http://router.invalid/v1/messages", asked)).json() },
    ],
    // Short batches: what counts here is a ratio of two small differences, which needs the quiet moments of both.
    { batch: 128, rounds: 320 },
  );

  const bare = createRouter({ providers: threeQuick() });
  const measured = createRouter({ providers: threeQuick() });
  exportMetrics(measured, { register: new Registry() });
  const { router: traced } = instrument(createRouter({ providers: threeQuick() }));
  const tracerProvider = new BasicTracerProvider();
  const { router: spanned } = instrument(createRouter({ providers: threeQuick() }), { tracerProvider });
  const ask = (name: string, router: typeof bare) => ({ name, run: () => router.chat(request) });
  const watched = await timeAbove([
    ask("plain", bare),
    ask("prometheus", measured),
    ask("api", traced),
    ask("sdk", spanned),
  ]);
  const us = (times: Map<string, { us: number }>, name: string): number => times.get(name)?.us ?? Number.NaN;

  const upstream = streaming(EVENTS);
  const streamed = createRouter({ providers: threeProviders(upstream) });
  const viaDoor = createFetch(streamed);
  const viaEvents = anthropicFetch(streamed);
  const streamBody = JSON.stringify({ ...request, max_tokens: 1_000, stream: true });
  const readAll = async (asked: Promise<Response>): Promise<void> => {
    const { body } = await asked;
    if (body) for await (const _piece of body);
  };
  const inputStream = JSON.stringify({ model: MODEL.id, input: PROMPT, store: false, stream: true });
  const readEvents = () =>
    readAll(viaEvents("http://router.invalid/v1/messages", { method: "POST", body: streamBody }));
  const readItems = () => readAll(viaDoor("http://router.invalid/v1/responses", { method: "POST", body: inputStream }));
  const streams = await timeCalls(
    [
      { name: "bare", run: () => bareStream(upstream, PROMPT, () => {}) },
      { name: "fetch", run: () => bareStream(viaDoor, PROMPT, () => {}) },
      { name: "messages", run: readEvents },
      { name: "responses", run: readItems },
    ],
    { calls: 30, rounds: 5 },
  );
  const many = streaming(MANY_EVENTS);
  const longer = createRouter({ providers: threeProviders(many) });
  const [longMessages, longResponses] = [anthropicFetch(longer), createFetch(longer)];
  const post20k = (door: typeof fetch, path: string, body: string) => () =>
    readAll(door(`http://router.invalid/v1/${path}`, { method: "POST", body }));
  const long = await timeCalls(
    [
      { name: "bare", run: () => bareStream(many, PROMPT, () => {}) },
      { name: "messages", run: post20k(longMessages, "messages", streamBody) },
      { name: "responses", run: post20k(longResponses, "responses", inputStream) },
    ],
    { calls: 4, warm: 2, rounds: 4 },
  );
  const perLong = (name: string): number => (us(long, name) - us(long, "bare")) / MANY_EVENTS;
  const each = (name: string): number => (us(streams, name) - us(streams, "bare")) / EVENTS;
  await Promise.all([plain, bare, measured, traced, spanned, streamed, longer].map((router) => router.close()));
  const above = (name: string): number => watched.get(name) ?? Number.NaN;
  const chat = json.get("door") ?? Number.NaN;
  const fifthMore = Math.round(chat * 12) / 10;
  const likeChat = "bare: the chat door; a fifth more at most";
  const flat = "bare: an event of 2,000";
  const rows: Row[] = [
    { what: "createFetch, a JSON call", value: chat, unit: "us", target: 60 },
    {
      what: "createFetch, an event of a stream",
      value: each("fetch"),
      unit: "us",
      target: 12,
      note: "above the same parser on the upstream itself",
    },
    {
      what: "createFetch, a JSON call of /responses",
      value: json.get("responses") ?? Number.NaN,
      unit: "us",
      bare: chat,
      target: fifthMore,
      note: likeChat,
    },
    {
      what: "createFetch, an event of /responses",
      value: each("responses"),
      unit: "us",
      target: 14.4,
      note: "above the parser on the upstream itself; this answer is read, not parsed",
    },
    {
      what: "createFetch, an event of /responses, 20,000 of them",
      value: perLong("responses"),
      unit: "us",
      bare: each("responses"),
      note: flat,
    },
    {
      what: "signalbox/anthropic, a JSON call",
      value: json.get("messages") ?? Number.NaN,
      unit: "us",
      bare: chat,
      target: fifthMore,
      note: likeChat,
    },
    {
      what: "signalbox/anthropic, an event of a stream",
      value: each("messages"),
      unit: "us",
      target: 12,
      note: "above the parser on the upstream itself; this answer is read, not parsed",
    },
    {
      what: "signalbox/anthropic, an event of a stream, 20,000 of them",
      value: perLong("messages"),
      unit: "us",
      bare: each("messages"),
      note: flat,
    },
    { what: "OpenTelemetry, the API alone", value: above("api"), unit: "us", target: 1 },
    { what: "OpenTelemetry, an SDK without a processor", value: above("sdk"), unit: "us", target: 10 },
    { what: "Prometheus, two histograms", value: above("prometheus"), unit: "us", target: 3 },
  ];
  return { name: "doors", about: "what a door adds to router.chat on a stubbed upstream", rows };
}
