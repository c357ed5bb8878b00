import { type ChatRequest, cached, createCache, createRouter } from "signalbox";
import { expect, test } from "vitest";
import { ask, double, model } from "./doubles.js";

const plain = { ...ask("What is a queue?"), temperature: 0 };
const shapes: readonly ChatRequest[] = [
  { ...plain, tools: [{ type: "function", function: { name: "f" } }] },
  { ...plain, max_tokens: 10 },
  { ...plain, response_format: { type: "json_object" } },
  { ...plain, messages: [{ role: "system", content: "Be brief." }, ...plain.messages] },
];
const able = model({ capabilities: { tools: true, vision: false, thinking: "none", json: "object" } });

/** What the system this project grew from got wrong on a request's way; each line was observed there. */
test("a request with parameters never answers the plain one, nor the other way round", async () => {
  const provider = double("a", { models: [able] });
  const router = createRouter({ providers: [cached(provider)], cache: {} });
  for (const request of [...shapes, plain]) await router.chat(request);
  expect(provider.calls).toBe(shapes.length + 1);
});

test("equal requests with parameters are hits", async () => {
  for (const request of shapes) {
    const provider = double("a", { models: [able] });
    const router = createRouter({ providers: [cached(provider)] });
    for (let turn = 0; turn < 3; turn += 1) await router.chat(request);
    expect(provider.calls).toBe(1);
  }
});

test("what is in the key is in the request: a decorated provider gets all of it", async () => {
  const provider = double("a", { models: [able] });
  const seen: ChatRequest[] = [];
  const inner = provider.chat!;
  provider.chat = (request, context) => {
    seen.push(request);
    return inner(request, context);
  };
  const router = createRouter({ providers: [cached(provider)] });
  for (const request of shapes) await router.chat(request);
  expect(seen).toMatchObject(shapes);
});

test("two endpoints with a model of one name on one cache never answer for each other", async () => {
  const cache = createCache();
  const [one, other] = [double("one"), double("other")];
  const router = createRouter({ providers: [cached(one, { cache }), cached(other, { cache })] });
  expect((await router.chat(plain, { allow: ["one"] })).choices[0].message.content).toBe("one says hello");
  expect((await router.chat(plain, { allow: ["other"] })).choices[0].message.content).toBe("other says hello");
});

test("calls of one tenant, or of one user, are no conversation", async () => {
  const provider = double("a");
  const lengths: number[] = [];
  const inner = provider.chat!;
  provider.chat = (request, context) => {
    lengths.push(request.messages.length);
    return inner(request, context);
  };
  const acme = createRouter({ providers: [cached(provider)] }).with({ tenant: "acme", metadata: { user_id: "7" } });
  await acme.chat({ ...ask("one"), user: "7" });
  await acme.chat({ ...ask("two"), user: "7" });
  expect(lengths).toEqual([1, 1]);
});

test("a request beyond every window goes to nobody", async () => {
  const provider = double("a", { models: [model({ contextWindow: 8_000 })] });
  const call = createRouter({ providers: [provider] }).chat(ask("word ".repeat(900_000)));
  await expect(call).rejects.toMatchObject({
    kind: "no_candidate",
    excluded: [{ id: "a/m", reason: "context_length" }],
  });
  expect(provider.calls).toBe(0);
});
