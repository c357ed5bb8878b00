import { createRouter, openaiCompatible } from "signalbox";
import { openai } from "signalbox/vendors";
import { describe, expect, it } from "vitest";
import type { ModelInfo } from "../../../src/contract/provider.js";
import { createVirtualClock } from "../../../src/testing/index.js";
import { kimi } from "../../../src/vendors/kimi.js";
import { catalogueDifference } from "../../evidence/catalogue/check.js";

/** Our facts in the form of models.dev. */
function rowOf(model: ModelInfo): object {
  const { id, contextWindow, maxOutput, capabilities, usdPerMTok: price } = model;
  return {
    id,
    reasoning: capabilities.thinking !== "none",
    tool_call: capabilities.tools,
    modalities: { input: capabilities.vision === false ? ["text"] : ["text", "image"], output: ["text"] },
    limit: { context: contextWindow, output: maxOutput ?? 0 },
    cost: { input: price?.input, output: price?.output, cache_read: price?.cacheRead ?? undefined },
  };
}

const rowsOf = (models: readonly ModelInfo[]) => Object.fromEntries(models.map((model) => [model.id, rowOf(model)]));

describe("the catalogue against a source", () => {
  const ours = openai().models;
  const [first] = ours as [ModelInfo];

  it("tells nothing where nothing differs, and which vendors the source lacks", () => {
    const text = catalogueDifference({ openai: { id: "openai", models: rowsOf(ours) } });
    expect(text).toContain("Nothing differs.");
    expect(text).toContain("## kimi\n\nNot in the source.");
    expect(text).not.toContain("## openai");
  });

  it("tells prices and windows that moved, models that are new, and models that are gone with their successor", () => {
    const rows: Record<string, object> = rowsOf(ours);
    rows[first.id] = { ...rows[first.id], limit: { context: 7, output: 7 }, cost: { input: 99, output: 99 } };
    rows["gpt-new"] = { ...rows[first.id], id: "gpt-new" };
    const moonshot = { id: "moonshotai", models: rowsOf(kimi().models.slice(0, 1)) };
    const text = catalogueDifference({ openai: { id: "openai", models: rows }, moonshotai: moonshot });
    expect(text).toContain(`\`${first.id}\`: price of input $${first.usdPerMTok?.input} here, $99 there`);
    expect(text).toContain(`\`${first.id}\`: context window ${first.contextWindow} here, 7 there`);
    expect(text).toContain("only there: `gpt-new`");
    expect(text).toContain("`kimi-k2.6`: no longer listed; its successor is `kimi-k3`");
  });

  it("refuses what is no catalogue", () => {
    expect(() => catalogueDifference([])).toThrow(/models\.dev/);
  });
});

it("a request for a model that has been retired is told its successor", async () => {
  const clock = createVirtualClock({ startWallMs: Date.UTC(2027, 1, 1) });
  const old = { id: "old-1", contextWindow: 8_000, endsOn: "2026-12", successor: "new-1" };
  const router = createRouter({
    providers: [openaiCompatible({ id: "p", baseURL: "http://127.0.0.1:9/v1", models: [old, "other-1"] })],
    clock,
  });
  await expect(router.chat({ model: "old-1", messages: [{ role: "user", content: "Hi" }] })).rejects.toMatchObject({
    kind: "no_candidate",
    message: expect.stringContaining("p/old-1 is retired by its vendor: use new-1"),
  });
  await router.close();
});
