import type { Capabilities, ModelInfo } from "../../contract/provider.js";
import { entry, READ_2026_09_23 as READ } from "./entry.js";

const COMMON: Capabilities = {
  tools: true,
  vision: "url",
  thinking: "switchable",
  json: "none",
  efforts: ["low", "medium", "high", "xhigh", "max"],
  files: true,
};

/** Anthropic: prices in US dollars. */
export const ANTHROPIC_MODELS: readonly ModelInfo[] = [
  entry(
    "claude-fable-5-1",
    3,
    [1_000_000, 128_000],
    { input: 10, cacheRead: 0.25, cacheWrite: 12.5, output: 50 },
    COMMON,
    READ,
  ),
  entry(
    "claude-opus-5-5",
    3,
    [1_000_000, 128_000],
    { input: 4, cacheRead: 0.2, cacheWrite: 5, output: 20 },
    COMMON,
    READ,
  ),
  entry(
    "claude-opus-5",
    3,
    [1_000_000, 128_000],
    { input: 5, cacheRead: 0.5, cacheWrite: 6.25, output: 25 },
    COMMON,
    READ,
  ),
  entry(
    "claude-sonnet-5",
    2,
    [1_000_000, 128_000],
    { input: 2, cacheRead: 0.2, cacheWrite: 2.5, output: 10 },
    COMMON,
    READ,
  ),
  entry(
    "claude-opus-4-8",
    3,
    [1_000_000, 128_000],
    { input: 5, cacheRead: 0.5, cacheWrite: 6.25, output: 25 },
    COMMON,
    READ,
  ),
  entry(
    "claude-opus-4-7",
    3,
    [1_000_000, 128_000],
    { input: 5, cacheRead: 0.5, cacheWrite: 6.25, output: 25 },
    COMMON,
    READ,
  ),
  entry(
    "claude-sonnet-4-6",
    2,
    [1_000_000, 64_000],
    { input: 3, cacheRead: 0.3, cacheWrite: 3.75, output: 15 },
    COMMON,
    READ,
  ),
  entry(
    "claude-opus-4-6",
    3,
    [1_000_000, 128_000],
    { input: 5, cacheRead: 0.5, cacheWrite: 6.25, output: 25 },
    COMMON,
    READ,
  ),
  entry(
    "claude-sonnet-4-5",
    2,
    [200_000, 64_000],
    { input: 3, cacheRead: 0.3, cacheWrite: 3.75, output: 15 },
    COMMON,
    READ,
  ),
  entry(
    "claude-haiku-4-5",
    1,
    [200_000, 64_000],
    { input: 1, cacheRead: 0.1, cacheWrite: 1.25, output: 5 },
    COMMON,
    READ,
  ),
];

/** What `"auto"` may choose: a strong model and a light one. */
export const ANTHROPIC_AUTO: readonly string[] = ["claude-opus-5-5", "claude-sonnet-5", "claude-haiku-4-5"];
