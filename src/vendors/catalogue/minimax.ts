import type { Capabilities, ModelInfo } from "../../contract/provider.js";
import { entry, SOURCES } from "./entry.js";

// M2.x: tool calls work (the vendor's own repository ships `docs/tool_calling_guide.md`), while `tool_choice`, `stop`,
// `response_format` and pictures are ignored without a word.
const M2: Capabilities = { tools: true, toolChoice: "auto", vision: false, thinking: "always", json: "none" };
const M2_READ = { source: SOURCES.genaiMinimax, asOf: "2026-05-23" };
const ENDS =
  "A gateway quoting the vendor's models page (2026-10-19) says this model retires on 2026-11-18; not confirmed by the vendor's page itself, so it stays reachable by id and out of the automatic choice.";

/** MiniMax, international prices in US dollars. */
export const MINIMAX_MODELS: readonly ModelInfo[] = [
  entry(
    "MiniMax-M3",
    3,
    [1_000_000, 524_288], // 512K is where the price doubles for the whole request
    {
      input: 0.3,
      cacheRead: 0.06,
      output: 1.2,
      tiers: [{ aboveInputTokens: 512_000, input: 0.6, cacheRead: 0.12, output: 2.4 }],
    },
    { tools: true, toolChoice: "none_only", vision: "url", thinking: "switchable", json: "schema" },
    {
      source: `${SOURCES.genaiMinimax}; limits: terrylica/cc-skills plugins/minimax/references`,
      asOf: "2026-07-01",
      status: "active",
      notes:
        "128K output advised. A needle was found at 256K of input and missed at 400K. JSON modes are accepted and not guaranteed: fences and notes may still surround the object.",
    },
  ),
  entry(
    "MiniMax-M3.1-Flash",
    1,
    [1_000_000, 524_288],
    { input: 0.15, cacheRead: 0.015, output: 0.6 },
    {
      tools: true,
      toolChoice: "auto",
      vision: "url",
      thinking: "always",
      json: "none",
      efforts: ["low", "medium", "high", "xhigh", "max"],
    },
    {
      source:
        "Vercel AI Gateway model page; cache price: VladoIvankovic/Codeep v3.14.0; limits of use: Alibaba Model Studio page",
      asOf: "2026-10-20",
      status: "active",
      notes: "Thinks at `max` unless `reasoning_effort` says less. JSON modes unknown, so none is claimed.",
    },
  ),
  entry("MiniMax-M2.7", 2, [204_800, 131_072], { input: 0.3, cacheRead: 0.06, cacheWrite: 0.375, output: 1.2 }, M2, {
    ...M2_READ,
    status: "legacy",
    notes: ENDS,
  }),
  entry(
    "MiniMax-M2.7-highspeed",
    2,
    [204_800, 131_072],
    { input: 0.6, cacheRead: 0.06, cacheWrite: 0.375, output: 2.4 },
    M2,
    { ...M2_READ, status: "legacy", notes: `Slower than plain M2.7 below about 80 output tokens. ${ENDS}` },
  ),
  entry("MiniMax-M2.5", 2, [204_800, 131_072], { input: 0.3, cacheRead: 0.03, cacheWrite: 0.375, output: 1.2 }, M2, {
    ...M2_READ,
    status: "legacy",
    notes: ENDS,
  }),
  entry("MiniMax-M2", 2, [204_800, 131_072], { input: 0.3, cacheRead: 0.03, cacheWrite: 0.375, output: 1.2 }, M2, {
    source: `${SOURCES.genaiMinimax}; context: platform.minimaxi.com text-openai-api; tools: MiniMax-AI/MiniMax-M2 docs/tool_calling_guide.md`,
    asOf: "2026-05-23",
    status: "legacy",
    notes: "models.dev says 196,608 / 128,000. Has function calling, whatever older texts say.",
  }),
];

/**
 * The two that the vendor sells as current: M3 as the strong one with pictures and switchable thinking, M3.1-Flash as
 * the light one at half the price. M2.x is ending.
 */
export const MINIMAX_AUTO: readonly string[] = ["MiniMax-M3", "MiniMax-M3.1-Flash"];
