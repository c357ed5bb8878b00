import { type ChatChunk, defineFeature, type Feature, SignalboxError } from "signalbox";
import { featureConformance, runFeatureConformance } from "signalbox/testing";
import { describe, expect, test } from "vitest";

const shout = (chunk: ChatChunk): ChatChunk => {
  const [choice] = chunk.choices;
  if (typeof choice?.delta.content !== "string") return chunk;
  return {
    ...chunk,
    choices: [{ ...choice, delta: { ...choice.delta, content: choice.delta.content.toUpperCase() } }],
  };
};

const good = (): Feature =>
  defineFeature({
    name: "good",
    state: () => ({ calls: 0 }),
    request: (request) => ({ ...request, temperature: 0 }),
    exclude: ({ provider }) => (provider === "b" ? "far" : undefined),
    facts: () => ({ liked: 1 }),
    admit: () => ({ settle: () => undefined }),
    attempt: (next) => next(),
    flight: async (next) => next(),
    stream: () => ({ chunk: shout }),
    settled: () => undefined,
  });

describe("a feature that does as it should", () => {
  runFeatureConformance({ test }, { setUp: good });
});

describe("the suite finds", () => {
  const faulty: readonly [string, string, Partial<Feature>][] = [
    ["a request that is none", "request:", { request: () => ({ messages: 5 }) as never }],
    ["a changed request", "request:", { request: (request) => void Object.assign(request, { messages: [] }) as never }],
    ["a foreign error", "request:", { request: () => Promise.reject(new TypeError("no")) }],
    ["a slot that hangs", "recall:", { recall: () => new Promise(() => {}) }],
    [
      "shared state",
      "has a value",
      {
        state: (
          (shared) => () =>
            shared
        )({}),
      },
    ],
    [
      "a lease that throws",
      "admit:",
      {
        admit: () => ({
          settle: () => {
            throw new Error("no");
          },
        }),
      },
    ],
    ["a second call of next", "attempt and flight", { attempt: (next) => next().then(() => next()) }],
    [
      "an answer of its own",
      "attempt and flight",
      { flight: async () => ({ provider: "x", model: "y", reply: undefined }) },
    ],
    ["a swallowed end", "stream: the same", { stream: () => ({ chunk: () => undefined }) }],
    [
      "a stream that depends on its cuts",
      "stream: the same",
      {
        stream: () => ({
          chunk: (chunk) => [
            chunk,
            ...chunk.choices.filter(({ delta }) => delta.content?.startsWith("W")).map(() => chunk),
          ],
        }),
      },
    ],
    [
      "an observer that throws",
      "the slots that are told",
      {
        ended: () => {
          throw new Error("no");
        },
      },
    ],
  ];

  test.each(faulty)("%s", async (_what, name, slots) => {
    const found = featureConformance({ setUp: () => ({ name: "bad", ...slots }) as Feature }).find((each) =>
      each.name.startsWith(name),
    );
    await expect(found?.run()).rejects.toThrow();
  });

  test("no fault in a feature that refuses", async () => {
    const refusing: Feature = {
      name: "no",
      request: () => {
        throw new SignalboxError("content_filter", "no");
      },
    };
    for (const { run } of featureConformance({ setUp: () => refusing })) await run();
  });
});
