import { describe, expect, it } from "vitest";
import { createReply, createRouter, experiment, type Provider } from "../../../src/index.js";
import { testModel } from "../../../src/testing/index.js";

const messages = [{ role: "user" as const, content: "Why is the sky blue?" }];
const provider = (id: string): Provider => ({
  id,
  models: [testModel("m")],
  chat: async () => createReply({ model: "m", text: id }),
});
const routerOf = (share: number, unit?: "tenant" | "sessionKey" | "request") =>
  createRouter({
    providers: [provider("a"), provider("b")],
    strategy: "ordered",
    use: [experiment({ name: "order", arms: { today: {}, other: { deny: ["a"] } }, share, ...(unit ? { unit } : {}) })],
  });

describe("an experiment", () => {
  it("keeps a tenant in one arm, in every router, and says so in the route", async () => {
    const [one, two] = [routerOf(0.5, "tenant"), routerOf(0.5, "tenant")];
    const arms = new Set<string>();
    for (let index = 0; index < 30; index += 1) {
      const tenant = `tenant ${index}`;
      const first = await one.chat({ messages }, { tenant });
      const again = await two.chat({ messages }, { tenant });
      expect(first.route.experiment).toEqual(again.route.experiment);
      expect(first.route.experiment?.name).toBe("order");
      expect(first.route.provider).toBe(first.route.experiment?.arm === "other" ? "b" : "a");
      arms.add(first.route.experiment!.arm);
    }
    expect(arms).toEqual(new Set(["today", "other"]));
  });

  it("gives the later arms their share of requests", async () => {
    const router = routerOf(0.3);
    let other = 0;
    for (let index = 0; index < 600; index += 1) {
      const { route } = await router.chat({ messages });
      if (route.experiment?.arm === "other") other += 1;
    }
    expect(other / 600).toBeGreaterThan(0.23);
    expect(other / 600).toBeLessThan(0.37);
  });

  it("leaves out calls without its unit, and lets a call's own options win", async () => {
    const router = routerOf(1, "sessionKey");
    expect((await router.chat({ messages })).route.experiment).toBeUndefined();
    const own = await router.chat({ messages }, { sessionKey: "s", deny: ["b"] });
    expect(own.route).toMatchObject({ provider: "a", experiment: { name: "order", arm: "other" } });
  });

  it.each<[string, unknown]>([
    ["experiment.arms", { name: "x", arms: { one: {} }, share: 0.1 }],
    ["experiment.share", { name: "x", arms: { one: {}, two: {} }, share: 2 }],
    ["experiment.unit", { name: "x", arms: { one: {}, two: {} }, share: 0.1, unit: "user" }],
    ["experiment.shares", { name: "x", arms: { one: {}, two: {} }, share: 0.1, shares: 1 }],
    ["experiment.name", { name: "", arms: { one: {}, two: {} }, share: 0.1 }],
  ])("refuses what could never be right: %s", (path, options) => {
    expect(() => experiment(options as never)).toThrow(expect.objectContaining({ kind: "invalid_options", path }));
  });
});
