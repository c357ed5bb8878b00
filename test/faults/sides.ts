import assert from "node:assert/strict";
import { inspect } from "node:util";
import {
  type ChatRequest,
  type Clock,
  defineStrategy,
  glm,
  kimi,
  type ModelInfo,
  minimax,
  type OpenAICompatibleOptions,
  openaiCompatible,
  type Provider,
  type Transport,
} from "signalbox";
import { type FaultServer, testModel } from "signalbox/testing";

/** What no event and no error may hold. */
export const KEY = "sb-KEY-never-to-be-seen-0123456789";
export const PROMPT = "the prompt that nobody but the vendor may read, number 4711";
export const REQUEST: ChatRequest = { messages: [{ role: "user", content: PROMPT }] };

let transport: Transport | undefined;

/**
 * Sends the trials that follow through this transport. It is handed in and not imported here, since the package undici,
 * once loaded, also takes the calls of the global fetch.
 */
export function sendThrough(given: Transport): void {
  transport = given;
}

/** How a provider of a trial is made. */
export interface Side {
  /** @default "openai" */
  readonly vendor?: "openai" | "minimax" | "glm" | "kimi" | undefined;
  /** @default the URL of its fault server */
  readonly url?: string | undefined;
  readonly fetch?: typeof fetch | undefined;
  /** Facts of its one model, for `vendor: "openai"`. */
  readonly model?: Partial<ModelInfo> | undefined;
  /** Other options of the provider, for `vendor: "openai"`. */
  readonly more?: Partial<OpenAICompatibleOptions> | undefined;
}

/** The listed order, always: what happens is the fault's doing, not the strategy's. */
export const listed = defineStrategy({ name: "listed", score: (candidate) => -candidate.position });

const VENDORS = { minimax, glm, kimi };
const MODELS = { minimax: "MiniMax-M2.7", glm: "glm-5.1", kimi: "kimi-k3" };

export function providerOf(id: string, server: FaultServer, clock: Clock, side: Side = {}): Provider {
  const { vendor = "openai", url = server.url, fetch, model, more } = side;
  const endpoint = { id, baseURL: url, apiKey: KEY, fetch, transport, clock, chatUpstream: "whole" } as const;
  if (vendor === "openai") return openaiCompatible({ ...endpoint, models: [testModel("test-model", model)], ...more });
  return VENDORS[vendor]({ ...endpoint, models: [MODELS[vendor]] });
}

/** Fails where anything reachable from `value`, hidden fields and stacks included, holds the key or the prompt. */
export function assertNoSecrets(value: unknown, what = "the outcome"): void {
  const shown = inspect(value, { depth: 20, showHidden: true, maxStringLength: null }) + (JSON.stringify(value) ?? "");
  for (const secret of [KEY, PROMPT, PROMPT.slice(11, 40)])
    assert.ok(!shown.includes(secret), `${what} holds ${secret}`);
}
