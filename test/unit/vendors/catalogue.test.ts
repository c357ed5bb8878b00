import { describe, expect, it } from "vitest";
import { catalogue, retiredModels } from "../../../src/vendors/catalogue/index.js";
import { GLM_PROFILE, glm } from "../../../src/vendors/glm.js";
import { KIMI_PROFILE, kimi } from "../../../src/vendors/kimi.js";
import { MINIMAX_PROFILE, minimax } from "../../../src/vendors/minimax.js";
import { page } from "../../evidence/catalogue/page.js";
import { NOTES } from "../../evidence/catalogue/tips.js";

const all = [...catalogue.minimax, ...catalogue.glm, ...catalogue.kimi];

describe("the catalogue", () => {
  it("holds 20 models, each with window, price, source and date", () => {
    expect(all).toHaveLength(20);
    for (const model of all) {
      expect(model.contextWindow, model.id).toBeGreaterThanOrEqual(128_000);
      expect(model.usdPerMTok, model.id).not.toBeNull();
      expect(model.source, model.id).toMatch(/\S/);
      expect(model.asOf, model.id).toMatch(/^2026-\d{2}(-\d{2})?$/);
      expect(model.status, model.id).toMatch(/^(active|legacy|sunset)$/);
      expect([1, 2, 3]).toContain(model.tier);
    }
    expect(new Set(all.map((model) => model.id)).size).toBe(20);
  });

  it("says that MiniMax-M2 calls tools, where that was read, and keeps it reachable by id", () => {
    const m2 = catalogue.minimax.find((model) => model.id === "MiniMax-M2");
    expect(m2?.capabilities).toMatchObject({ tools: true, vision: false, json: "none", thinking: "always" });
    expect(m2?.contextWindow).toBe(204_800);
    expect(m2?.source).toContain("tool_calling_guide");
    expect(minimax({ apiKey: "k" }).models).toContainEqual(m2);
  });

  it("chooses current models automatically: none that ends, none that is legacy, none that is free by favour", () => {
    for (const provider of [minimax({ apiKey: "k" }), glm({ apiKey: "k" }), kimi({ apiKey: "k" })]) {
      expect(provider.autoModels?.length).toBeGreaterThan(1);
      for (const id of provider.autoModels ?? []) {
        const model = provider.models.find((one) => one.id === id);
        expect(model, id).toMatchObject({ status: "active" });
        expect(model?.endsOn, id).toBeUndefined();
      }
    }
  });

  it("knows what ends and what has ended", () => {
    expect(catalogue.kimi.filter((model) => model.endsOn === "2026-12").map((model) => model.id)).toEqual([
      "kimi-k2.7-code",
      "kimi-k2.6",
    ]);
    for (const id of retiredModels) expect(all.map((model) => model.id)).not.toContain(id);
  });

  it("over the Anthropic wire no model has a JSON mode", () => {
    for (const model of kimi({ apiKey: "k", wire: "anthropic" }).models) expect(model.capabilities.json).toBe("none");
  });

  it("prints a page per vendor: every model, code, quirk and tip, and the correction about M2", () => {
    for (const profile of [MINIMAX_PROFILE, GLM_PROFILE, KIMI_PROFILE]) {
      const notes = NOTES[profile.id];
      const text = page(profile, notes as NonNullable<typeof notes>);
      for (const { id } of profile.models) expect(text).toContain(`\`${id}\``);
      for (const code of Object.keys(profile.codes.codes ?? {})) expect(text).toContain(`\`${code}\``);
      for (const line of [...(notes?.quirks ?? []), ...(notes?.tips ?? [])]) expect(text).toContain(line);
    }
    expect(NOTES.minimax?.correction).toMatch(/MiniMax-M2 has function calling.*tool_calling_guide/);
  });
});
