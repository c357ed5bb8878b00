import { createReply, type ModelInfo, type Provider, SignalboxError, type Usage } from "signalbox";

export const USAGE: Usage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };

export function model(over: Partial<ModelInfo> = {}): ModelInfo {
  return {
    id: "m",
    contextWindow: 8_000,
    maxOutput: 1_000,
    capabilities: { tools: false, vision: false, thinking: "none", json: "none" },
    usdPerMTok: { input: 1, output: 2 },
    ...over,
  };
}

/** A provider that counts its calls and answers with its own name, or fails with what `fail` gives. */
export function double(
  id: string,
  options: { models?: ModelInfo[]; fail?: (call: number) => Error | undefined; text?: string } = {},
): Provider & { calls: number } {
  const provider = {
    id,
    models: options.models ?? [model()],
    calls: 0,
    async chat(request: { model?: string | null }) {
      provider.calls += 1;
      const call = provider.calls;
      await Promise.resolve();
      const failure = options.fail?.(call);
      if (failure) throw failure;
      return createReply({ text: options.text ?? `${id} says hello`, model: request.model ?? "m", usage: USAGE });
    },
  };
  return provider;
}

export const failing = (
  kind: "server" | "rate_limit" | "invalid_request" | "content_filter" | "auth" | "network" = "server",
) => new SignalboxError(kind, `fails with ${kind}`);

export const ask = (text: string) => ({ messages: [{ role: "user" as const, content: text }] });
