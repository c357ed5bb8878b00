import { describe, expect, it } from "vitest";
import { modelsFrom, openai } from "../../../src/vendors.js";

const row = (id: string, more: object = {}) => ({
  id,
  tool_call: true,
  reasoning: false,
  modalities: { input: ["text", "image"], output: ["text"] },
  limit: { context: 400_000, output: 128_000 },
  cost: { input: 1.25, output: 10, cache_read: 0.125 },
  last_updated: "2026-08-07",
  ...more,
});
const source = {
  openai: {
    id: "openai",
    models: { "gpt-a": row("gpt-a"), draws: row("draws", { modalities: { input: ["text"], output: ["image"] } }) },
  },
  google: { id: "google", models: { "gemini-a": row("gemini-a", { reasoning: true, structured_output: true }) } },
};

describe("modelsFrom", () => {
  it("reads the facts of one provider; what writes no text is left out", () => {
    expect(modelsFrom(source, { provider: "openai" })).toEqual([
      {
        id: "gpt-a",
        contextWindow: 400_000,
        maxOutput: 128_000,
        capabilities: { tools: true, vision: "data", thinking: "none", json: "none", audio: false, files: false },
        usdPerMTok: { input: 1.25, output: 10, cacheRead: 0.125 },
        source: "models.dev openai",
        asOf: "2026-08-07",
      },
    ]);
  });

  it("finds a provider by our name for it, and takes one provider's object without a name", () => {
    const [model] = modelsFrom(source, { provider: "gemini" });
    expect(model).toMatchObject({ id: "gemini-a", capabilities: { thinking: "always", json: "schema" } });
    expect(modelsFrom(source.google)).toEqual([model]);
    expect(modelsFrom({ google: source.google })).toEqual([model]);
  });

  it("what it gives is what a vendor takes", () => {
    const provider = openai({ apiKey: "sk-1234567890", models: modelsFrom(source, { provider: "openai" }) });
    expect(provider.models.map(({ id }) => id)).toEqual(["gpt-a"]);
  });

  it.each([
    ["no catalogue", () => modelsFrom([]), "source"],
    ["an empty one", () => modelsFrom({}), "source"],
    ["several providers and no name", () => modelsFrom(source), "provider"],
    ["a provider that is not there", () => modelsFrom(source, { provider: "acme" }), "provider"],
  ])("refuses %s by path", (_name, read, path) => {
    expect(read).toThrow(expect.objectContaining({ kind: "invalid_options", path }));
  });

  it("keeps what was known where the source is not credible, and tells", () => {
    const known = modelsFrom({
      id: "openai",
      models: { dear: row("dear"), short: row("short"), gone: row("gone"), broken: row("broken"), fair: row("fair") },
    });
    const told: string[] = [];
    const later = modelsFrom(
      {
        id: "openai",
        models: {
          dear: row("dear", { cost: { input: 125, output: 10 } }),
          short: row("short", { limit: { context: 100_000, output: 128_000 } }),
          broken: row("broken", { cost: { input: -1, output: 10 } }),
          fair: row("fair", { cost: { input: 2, output: 12 }, limit: { context: 300_000, output: 64_000 } }),
        },
      },
      { known, onWarning: (message) => told.push(message) },
    );
    const by = (id: string) => later.find((model) => model.id === id);
    expect(by("dear")?.usdPerMTok).toEqual({ input: 1.25, output: 10, cacheRead: 0.125 });
    expect(by("short")?.contextWindow).toBe(400_000);
    expect(by("broken")?.usdPerMTok?.input).toBe(1.25);
    expect(by("gone")?.notes).toBe("no longer listed by the source");
    expect(by("fair")).toMatchObject({ usdPerMTok: { input: 2, output: 12 }, contextWindow: 300_000 });
    expect(told).toHaveLength(4);
    expect(told.join("\n")).toMatch(/^dear: .*\nshort: .*\nbroken\..*\ngone /);
  });

  it("leaves out a new model that reads wrong, and tells", () => {
    const told: string[] = [];
    const models = { bad: row("bad", { limit: {} }), good: row("good") };
    expect(modelsFrom({ id: "x", models }, { onWarning: (message) => told.push(message) })).toHaveLength(1);
    expect(told).toEqual([expect.stringContaining("bad.contextWindow")]);
  });
});
