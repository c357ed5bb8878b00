import { Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { SignalboxError } from "../../../src/errors/signalbox-error.js";
import { createCache, createRouter } from "../../../src/index.js";
import { cacheMiddleware, fromLanguageModel, languageModel } from "../../../src/integrations/ai-sdk/index.js";
import { keyvStore } from "../../../src/integrations/keyv/index.js";
import { createFetch } from "../../../src/integrations/openai/index.js";
import { instrument } from "../../../src/integrations/otel/index.js";
import { exportMetrics } from "../../../src/integrations/prometheus/index.js";
import { redisState } from "../../../src/integrations/redis/index.js";
import { recordRouter, renderReport } from "../../../src/integrations/report/index.js";
import { scriptedProvider } from "../../../src/testing/index.js";

const router = createRouter({ providers: [scriptedProvider()] });
const cache = createCache({ maxBytes: 100_000, ttlMs: 1_000 });
const client = { status: "ready", call: async () => null, duplicate: () => ({}) };
const model = {
  specificationVersion: "v3" as const,
  provider: "acme",
  modelId: "m1",
  doGenerate: async () => ({}),
  doStream: async () => ({}),
};

/** As a program without types, or with a slip of the pen, would call. */
type Loose = (...given: unknown[]) => unknown;
const call = (door: unknown, ...given: unknown[]): SignalboxError | undefined => {
  try {
    (door as Loose)(...given);
    return undefined;
  } catch (error) {
    if (SignalboxError.isInstance(error)) return error;
    throw error;
  }
};

describe("a door says at once what is wrong with what it was handed", () => {
  it.each<[name: string, door: unknown, given: unknown[], path: string]>([
    ["createFetch", createFetch, [undefined], "target"],
    ["createFetch", createFetch, [{}], "target"],
    ["createFetch", createFetch, [{ chat: async () => ({}) }], "target.models"],
    ["createFetch", createFetch, [router, { bodyOption: true }], "bodyOption"],
    ["createFetch", createFetch, [router, { callOptions: { tenant: "acme" } }], "callOptions"],
    ["createFetch", createFetch, [router, { otherwise: true }], "otherwise"],
    ["createFetch", createFetch, [router, { heartbeatMs: -1 }], "heartbeatMs"],
    ["createFetch", createFetch, [router, { maxBodyBytes: 0 }], "maxBodyBytes"],
    ["languageModel", languageModel, [undefined], "router"],
    ["languageModel", languageModel, [{ chat: async () => ({}) }], "router"],
    ["languageModel", languageModel, [router, { tenant: "acme" }], "modelId"],
    ["languageModel", languageModel, [router, "auto", null], "defaults"],
    ["fromLanguageModel", fromLanguageModel, [undefined], "model"],
    ["fromLanguageModel", fromLanguageModel, [[null]], "model"],
    ["fromLanguageModel", fromLanguageModel, [model, { model: {} }], "model"],
    ["cacheMiddleware", cacheMiddleware, [undefined], "options"],
    ["cacheMiddleware", cacheMiddleware, [{ cache: {} }], "cache"],
    ["cacheMiddleware", cacheMiddleware, [{ cache, ttl: 5 }], "ttl"],
    ["cacheMiddleware", cacheMiddleware, [{ cache, ttlMs: -5 }], "ttlMs"],
    ["cacheMiddleware", cacheMiddleware, [{ cache, ttlMs: Number.NaN }], "ttlMs"],
    ["cacheMiddleware", cacheMiddleware, [{ cache, temperature: 0 }], "temperature"],
    ["cacheMiddleware", cacheMiddleware, [{ cache, tenant: 5 }], "tenant"],
    ["cacheMiddleware", cacheMiddleware, [{ cache, toolCalls: "yes" }], "toolCalls"],
    ["keyvStore", keyvStore, [undefined], "keyv"],
    ["keyvStore", keyvStore, [{ get: async () => null }], "keyv"],
    ["redisState", redisState, [undefined], "options"],
    ["redisState", redisState, [{ client, prefix: "x" }], "prefix"],
    ["redisState", redisState, [{ client, clock: {} }], "clock"],
    ["instrument", instrument, [undefined], "router"],
    ["instrument", instrument, [router, { captureContents: true }], "captureContents"],
    ["instrument", instrument, [router, { captureContent: "yes" }], "captureContent"],
    ["instrument", instrument, [router, { captureContent: { maxChars: -1 } }], "captureContent.maxChars"],
    ["exportMetrics", exportMetrics, [undefined], "router"],
    ["exportMetrics", exportMetrics, [router, { registry: new Registry() }], "registry"],
    ["exportMetrics", exportMetrics, [router, { register: {} }], "register"],
    ["recordRouter", recordRouter, [router.stats()], "router"],
    ["renderReport", renderReport, [router.stats(), { tittle: "x" }], "tittle"],
  ])("%s %#", (_name, door, given, path) => {
    const error = call(door, ...given);
    expect(error).toMatchObject({ kind: "invalid_options", path });
    expect(error?.message).toContain(path);
  });

  it.each([undefined, null, 5, {}])("renderReport of %s is a bad request", (source) => {
    expect(call(renderReport, source)).toMatchObject({ kind: "invalid_request", path: "source" });
  });
});
