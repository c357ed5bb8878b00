import { describe, expect, it } from "vitest";
import { createReply } from "../../../src/chat/create-reply.js";
import { textOf } from "../../../src/chat/message-text.js";
import type { Provider } from "../../../src/contract/provider.js";
import { SignalboxError } from "../../../src/errors/signalbox-error.js";
import { providerConformance } from "../../../src/testing/conformance/provider.js";
import { simulated } from "../../../src/vendors/simulated.js";
import { MODEL } from "./loopback.js";

/** The cases that a provider fails. */
async function failed(provider: Provider, secrets: readonly string[] = []): Promise<string[]> {
  const names: string[] = [];
  for (const { name, run } of providerConformance({ setUp: () => ({ provider }), secrets, patienceMs: 50 })) {
    const limit = new Promise<never>((_, reject) => setTimeout(() => reject(new Error("it never ended")), 200));
    await Promise.race([run(), limit]).catch(() => names.push(name));
  }
  return names;
}

const text = "Hello, Wörld 🚂: the line is clear.";
const usage = { prompt_tokens: 12, completion_tokens: 7, total_tokens: 19 };

describe("the conformance suite has teeth", () => {
  it("a provider that answers its errors as text fails every failure case", async () => {
    // What the seed's adapters did: content "Error: ..." as a normal answer.
    const provider: Provider = {
      id: "seed",
      models: [MODEL],
      chat: async () => createReply({ text: "Error: no", usage }),
    };
    const names = await failed(provider);
    for (const kind of ["auth", "rate_limit", "overloaded", "server"]) expect(names).toContain(`rejects with ${kind}`);
    expect(names).toContain("answers text");
  });

  it("a provider that throws bare errors and ignores its signal is told", async () => {
    const good = simulated({ reply: { text, usage } });
    const provider: Provider = {
      id: "bare",
      models: [MODEL],
      chat: async (request, context) => {
        if (context.signal.aborted) throw new Error("aborted");
        return good.chat({ ...request, model: null }, { ...context, signal: new AbortController().signal });
      },
    };
    expect(await failed(provider)).toEqual(
      expect.arrayContaining(["asks nobody once its signal is aborted", "ends a whole answer with its signal"]),
    );
  });

  it("a provider that shows its key or changes the request is told", async () => {
    const good = simulated({ reply: { text, usage } });
    const provider: Provider & { apiKey: string } = {
      id: "leaky",
      apiKey: "sk-leaky",
      models: [MODEL],
      chat: async (request, context) => {
        Object.assign(request, { model: null });
        return good.chat(request, context);
      },
    };
    const names = await failed(provider, ["sk-leaky"]);
    expect(names).toEqual(expect.arrayContaining(["shows no key when printed", "leaves the request as it is"]));
  });

  it("a provider that retries by itself is told", async () => {
    let calls = 0;
    const provider: Provider = {
      id: "eager",
      models: [MODEL],
      chat: async () => {
        calls += 2;
        throw new SignalboxError("server", "no");
      },
    };
    const upstream = { calls: () => calls, aborted: () => 0 };
    const cases = providerConformance({ setUp: () => ({ provider, upstream }) });
    const asksOnce = cases.find(({ name }) => name.startsWith("asks once"));
    await expect(asksOnce?.run()).rejects.toThrow("it called 2 times");
  });

  it("a provider that mixes up what it is asked at once is told", async () => {
    // Keeps the request in a field while it waits, as one whose headers or body are made once.
    let current = "";
    const provider: Provider = {
      id: "mixed",
      models: [MODEL],
      chat: async ({ messages }) => {
        current = textOf(messages.at(-1)?.content);
        await new Promise((resolve) => setTimeout(resolve, 1));
        return createReply({ model: MODEL.id, text: current, usage });
      },
    };
    expect(await failed(provider)).toContain("keeps simultaneous calls apart");
  });

  it("a provider whose streams share a state is told", async () => {
    // Each stream alone is right; two at once write into one text.
    const good = simulated({ reply: ({ messages }) => textOf(messages.at(-1)?.content), tokensPerSecond: 2_000 });
    let id = "";
    let said = "";
    const provider: Provider = {
      id: "shared",
      models: [MODEL],
      chat: (request, context) => good.chat({ ...request, model: null }, context),
      async *stream(request, context) {
        said = "";
        for await (const chunk of good.stream({ ...request, model: null }, context)) {
          id = chunk.id;
          said += chunk.choices[0]?.delta.content ?? "";
          if (chunk.choices[0]?.finish_reason) {
            yield {
              ...chunk,
              choices: [{ index: 0, delta: { role: "assistant", content: said }, finish_reason: null }],
            };
            yield { ...chunk, id };
          }
        }
      },
    };
    expect(await failed(provider)).toContain("keeps simultaneous calls apart");
  });

  it("a provider that asks twice for one answer is told, even if it does so later", async () => {
    for (const delayMs of [0, 2]) {
      const seen = simulated({ reply: { text, usage } });
      const ask: Provider["chat"] = (request, context) => seen.chat({ ...request, model: null }, context);
      const provider: Provider = {
        id: "doubled",
        models: [MODEL],
        chat: async (request, context) => {
          setTimeout(() => void ask(request, context), delayMs);
          return ask(request, context);
        },
      };
      const upstream = { calls: () => seen.calls, aborted: () => 0 };
      const cases = providerConformance({ setUp: () => ({ provider, upstream }) });
      const once = cases.find(({ name }) => name === "asks its upstream once for an answer");
      await expect(once?.run()).rejects.toThrow("calls of the upstream after 1 answers: got 2");
    }
  });

  it("a provider of an id, its models and a chat passes all that it can be asked", async () => {
    const names: string[] = [];
    const cases = providerConformance({
      without: ["reports", "failures", "cut"],
      setUp: ({ name, text = null, reasoning, toolCall, usage }) => {
        const { id = "", ...call } = toolCall ?? { name: "", arguments: "" };
        const toolCalls = toolCall ? [{ id, type: "function" as const, function: call }] : [];
        const provider: Provider = {
          id: "mine",
          models: [MODEL],
          chat: async ({ messages }, { signal }) => {
            signal.throwIfAborted();
            if (name === "hang")
              await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
            const said = name === "echo" ? textOf(messages.at(-1)?.content) : text;
            return createReply({ model: MODEL.id, text: said, reasoning, usage, toolCalls });
          },
        };
        return { provider };
      },
    });
    for (const { name, run } of cases) await run().catch((error: Error) => names.push(`${name}: ${error.message}`));
    expect(names).toEqual([]);
  });

  it("a good one passes what its script covers", async () => {
    const names = await failed(simulated({ reply: { text, usage } }));
    for (const name of ["answers text", "counts tokens", "streams well-formed chunks"]) {
      expect(names).not.toContain(name);
    }
    const echo = simulated({ reply: ({ messages }) => textOf(messages.at(-1)?.content) });
    expect(await failed(echo)).not.toContain("keeps simultaneous calls apart");
  });
});
