import { Registry } from "prom-client";
import { createRouter } from "signalbox";
import { createFetch } from "signalbox/openai";
import { instrument } from "signalbox/otel";
import { exportMetrics } from "signalbox/prometheus";
import { timeCalls } from "../measure.js";
import type { Row, Section } from "../row.js";
import { answering, bareStream, MODEL, messagesOf, PROMPT, streaming, threeProviders, threeQuick } from "../stub.js";

const EVENTS = 2_000;

/** What each door adds to a call. */
export async function doors(): Promise<Section> {
  const messages = messagesOf(PROMPT);
  const request = { messages, model: MODEL.id };
  const plain = createRouter({ providers: threeProviders(answering) });
  const viaFetch = createFetch(plain);
  const post = { method: "POST", body: JSON.stringify(request) };
  const json = await timeCalls(
    [
      { name: "plain", run: () => plain.chat(request) },
      { name: "door", run: async () => (await viaFetch("http://router.invalid/v1/chat/completions", post)).json() },
    ],
    { calls: 3_000, warm: 3_000, rounds: 5 },
  );

  const bare = createRouter({ providers: threeQuick() });
  const measured = createRouter({ providers: threeQuick() });
  exportMetrics(measured, { register: new Registry() });
  const { router: traced } = instrument(createRouter({ providers: threeQuick() }));
  const watched = await timeCalls(
    [
      { name: "plain", run: () => bare.chat(request) },
      { name: "prometheus", run: () => measured.chat(request) },
      { name: "otel", run: () => traced.chat(request) },
    ],
    { calls: 10_000, warm: 10_000, rounds: 7 },
  );
  const us = (times: Map<string, { us: number }>, name: string): number => times.get(name)?.us ?? Number.NaN;

  const upstream = streaming(EVENTS);
  const streamed = createRouter({ providers: threeProviders(upstream) });
  const viaDoor = createFetch(streamed);
  const streams = await timeCalls(
    [
      { name: "bare", run: () => bareStream(upstream, PROMPT, () => {}) },
      { name: "fetch", run: () => bareStream(viaDoor, PROMPT, () => {}) },
    ],
    { calls: 30, rounds: 5 },
  );
  await Promise.all([plain, bare, measured, traced, streamed].map((router) => router.close()));
  const perEvent = (us(streams, "fetch") - us(streams, "bare")) / EVENTS;
  const rows: Row[] = [
    { what: "createFetch, a JSON call", value: us(json, "door") - us(json, "plain"), unit: "us", target: 60 },
    {
      what: "createFetch, an event of a stream",
      value: perEvent,
      unit: "us",
      target: 12,
      note: "above the same parser on the upstream itself",
    },
    { what: "OpenTelemetry, the API alone", value: us(watched, "otel") - us(watched, "plain"), unit: "us", target: 1 },
    {
      what: "Prometheus, two histograms",
      value: us(watched, "prometheus") - us(watched, "plain"),
      unit: "us",
      target: 3,
    },
  ];
  return { name: "doors", about: "what a door adds to router.chat on a stubbed upstream", rows };
}
