import { createRouter } from "signalbox";
import { expect, test } from "vitest";
import { ask, double, failing } from "./doubles.js";

test("round-robin gives everybody the same turns, also while one of them fails every other call", async () => {
  const shaky = double("shaky", { fail: (call) => (call % 2 === 0 ? failing() : undefined) });
  const router = createRouter({ providers: [shaky, double("b"), double("c")], strategy: "round-robin" });
  const first: string[] = [];
  router.on("decision", ({ candidate }) => first.push(candidate));
  for (let turn = 0; turn < 12; turn += 1) await router.chat(ask(`Question ${turn}`));
  expect(first.join(" ")).toBe(Array(4).fill("shaky/m b/m c/m").join(" "));
});

test("a request has one number, which its fallbacks share", async () => {
  const seen: number[] = [];
  const strategy = {
    name: "counting",
    score: (candidate: { position: number }, { sequence }: { sequence: number }) => {
      seen.push(sequence);
      return -candidate.position;
    },
  };
  const down = double("down", { fail: () => failing() });
  const router = createRouter({ providers: [down, double("up")], strategy });
  await router.chat(ask("One"));
  await router.chat(ask("Two"));
  expect([...new Set(seen)]).toEqual([0, 1]);
});
