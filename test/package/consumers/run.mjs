// Runs in a clean install of the tarball: doors open without their peers where they need none at run time, and what one
// hands out the next accepts.
import assert from "node:assert/strict";
import { inspect } from "node:util";
import * as front from "signalbox";
import { languageModel } from "signalbox/ai-sdk";
import { createFetch } from "signalbox/openai";
import { renderReport } from "signalbox/report";

/** Doors that load their peer; all others take clients by hand. */
export const NEEDS = { otel: "@opentelemetry/api", prometheus: "prom-client", undici: "undici" };

for (const door of [
  "openai",
  "anthropic",
  "ai-sdk",
  "keyv",
  "redis",
  "otel",
  "prometheus",
  "report",
  "testing",
  "undici",
]) {
  try {
    const names = Object.keys(await import(`signalbox/${door}`));
    assert.ok(names.length > 0, `signalbox/${door} exports nothing`);
  } catch (error) {
    assert.ok(NEEDS[door] !== undefined && error.message.includes(`'${NEEDS[door]}'`), `signalbox/${door}: ${error}`);
  }
}
await check(front, { createFetch, languageModel, renderReport });
console.log("ESM ok");

export async function check(
  { createCache, createRouter, simulated, SignalboxError },
  { createFetch, languageModel, renderReport },
) {
  const prompt = { messages: [{ role: "user", content: "hi" }] };
  const router = createRouter({ providers: [simulated({ id: "one", reply: "hello" })] });
  const reply = await router.chat(prompt);
  assert.equal(reply.choices[0].message.content, "hello");
  assert.match(inspect(reply.route), /^Route \{/);
  assert.match(inspect(router.stream(prompt)), /^ReplyStream \{/);
  assert.match(inspect(createCache({ maxBytes: 1_000, ttlMs: 1_000 })), /^Cache \{/);

  const answer = await createFetch(router)("http://router.invalid/v1/chat/completions", {
    method: "POST",
    body: JSON.stringify({ model: "auto", ...prompt }),
  });
  assert.equal(answer.status, 200);
  assert.equal((await answer.json()).choices[0].message.content, "hello");

  const generated = await languageModel(router).doGenerate({
    prompt: [{ role: "user", content: [{ type: "text", text: "hi" }] }],
  });
  assert.equal(generated.content[0].text, "hello");
  assert.match(renderReport(router.stats()), /<html/);

  // A router is a provider of another one.
  const outer = createRouter({ id: "outer", providers: [router] });
  assert.equal((await outer.chat(prompt)).choices[0].message.content, "hello");

  // An error from one door is known at the next.
  const failing = () => createRouter({ providers: [simulated({ id: "one", failures: () => "quota" })] });
  const refused = await createFetch(failing())("http://router.invalid/v1/chat/completions", {
    method: "POST",
    body: JSON.stringify({ model: "auto", ...prompt }),
  });
  assert.equal(refused.status, 429);
  const error = await failing()
    .chat(prompt)
    .catch((thrown) => thrown);
  assert.ok(SignalboxError.isInstance(error));
  assert.equal(error.kind, "quota");
  assert.match(inspect(error), /^SignalboxError: /); // a minified class would print its short name
  await Promise.all([router.close(), outer.close()]);
  return error;
}
