import type { ChatRequest } from "../../chat/request.js";
import type { Strategy } from "../../contract/strategy.js";
import { decide } from "./strategy-harness.js";
import { measured, type World } from "./strategy-worlds.js";

const UNPRICED = Number.POSITIVE_INFINITY;

/** What a router knows before the first answer: priors. */
const unmeasured = () => ({
  samples: 0,
  attempts: 0,
  idleMs: Number.POSITIVE_INFINITY,
  inFlight: 0,
  outstandingMs: 0,
  ttftMs: 800,
  tokensPerSecond: 50,
  expectedLatencyMs: 6_800,
  successRate: 0.95,
  successLowerBound: 0.3,
  recentSuccessRate: 0.95,
  quality: { mean: 0.8, sd: 0.2, samples: 0 },
});

/** Requests that a router takes, and that break who expects a text of every message. */
const REQUESTS: readonly ChatRequest[] = [
  { messages: [{ role: "system", content: "" }] },
  { model: "auto", messages: [{ role: "user", content: [] }] },
  {
    messages: [
      { role: "user", content: [{ type: "image_url", image_url: { url: "https://pictures.example/1.png" } }] },
      {
        role: "assistant",
        content: null,
        tool_calls: [{ id: "call_1", type: "function", function: { name: "look", arguments: "{" } }],
      },
      { role: "tool", tool_call_id: "call_1", content: [{ type: "text", text: "rain" }] },
    ],
    tools: [{ type: "function", function: { name: "look" } }],
  },
  { messages: Array.from({ length: 500 }, () => ({ role: "user" as const, content: "And then? ".repeat(50) })) },
];

type NamedWorlds = readonly [name: string, worlds: readonly World[]];

/** Every case in which it has to decide, by name: what a router's first minutes and worst ones look like. */
export const WORLDS: readonly NamedWorlds[] = [
  ["decides between a few", [{}, { count: 2 }, { count: 7 }]],
  ["decides with one candidate", [{ count: 1 }, { positions: [3] }]],
  ["decides among 1,000 candidates", [{ count: 1_000 }]],
  ["decides while others are excluded", [{ positions: [1, 4, 9] }, { positions: [0, 7] }]],
  ["decides with nothing measured", [{ numbers: unmeasured }, { numbers: (at) => (at === 1 ? unmeasured() : {}) }]],
  [
    "decides with prices unknown",
    [
      { numbers: () => ({ expectedCostUsd: UNPRICED }) },
      { numbers: (at) => (at % 2 === 0 ? { expectedCostUsd: UNPRICED } : {}) },
    ],
  ],
  ["decides with prices of nothing", [{ numbers: () => ({ expectedCostUsd: 0 }) }]],
  ["decides without feedback", [{ numbers: () => ({ quality: { mean: 0.8, sd: 0, samples: 0 } }) }]],
  ["decides between equals", [{ numbers: () => measured(0) }]],
  [
    "decides when all are failing",
    [
      {
        numbers: () => ({
          successRate: 0.01,
          successLowerBound: 0,
          recentSuccessRate: 0,
          headroom: 0,
          inFlight: 500,
          outstandingMs: 60_000,
        }),
      },
    ],
  ],
  ["decides for any request", REQUESTS.map((request) => ({ request }))],
];

/** Has it decide in each world; throws where it does not. */
export async function decideAll(setUp: () => Strategy | Promise<Strategy>, worlds: readonly World[]): Promise<void> {
  for (const world of worlds) decide(await setUp(), world);
}
