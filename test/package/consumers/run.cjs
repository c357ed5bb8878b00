// The same through require, and across: an error made by the CJS copy is known to the ESM copy.
const assert = require("node:assert/strict");
const front = require("signalbox");
const { createFetch } = require("signalbox/openai");
const { languageModel } = require("signalbox/ai-sdk");
const { renderReport } = require("signalbox/report");

(async () => {
  const { check, NEEDS } = await import("./run.mjs");
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
      assert.ok(Object.keys(require(`signalbox/${door}`)).length > 0, `signalbox/${door} exports nothing`);
    } catch (error) {
      assert.ok(NEEDS[door] !== undefined && error.message.includes(`'${NEEDS[door]}'`), `signalbox/${door}: ${error}`);
    }
  }
  const error = await check(front, { createFetch, languageModel, renderReport });
  const esm = await import("signalbox");
  assert.ok(esm.SignalboxError.isInstance(error), "the ESM copy does not know an error of the CJS copy");
  await check(esm, { createFetch, languageModel, renderReport });
  await check(front, { createFetch: (await import("signalbox/openai")).createFetch, languageModel, renderReport });
  console.log("CJS ok");
})().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
