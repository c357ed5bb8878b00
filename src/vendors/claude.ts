import type { ReasoningEffort } from "../chat/request.js";
import type { ModelInfo } from "../contract/provider.js";
import type { EffortTable } from "../wire/dialect.js";
import { effortTable } from "./efforts.js";

/** How a model is asked to think: a budget in tokens, or an effort that it fills as it sees fit. */
export interface ClaudeThinking {
  readonly adaptive: boolean;
  /** Whether `temperature`, `top_p` and `top_k` are refused. */
  readonly fixedSampling: boolean;
  /** The words for effort that it knows, weakest first. */
  readonly efforts: readonly string[];
}

interface Row extends ClaudeThinking {
  readonly pattern: RegExp;
}

const ALL = ["low", "medium", "high", "xhigh", "max"];

/**
 * Anthropic's models by id, first match first; platform.claude.com, "Adaptive thinking" and "Effort", read 2026-11. From
 * 4.7 on a budget or a sampling parameter is a 400; 4.6 takes both forms and prefers this one.
 */
const ROWS: readonly Row[] = [
  {
    pattern: /claude-(?:opus-4[-.][7-9]|(?:opus|sonnet|haiku|fable|mythos)-[5-9])/,
    adaptive: true,
    fixedSampling: true,
    efforts: ALL,
  },
  {
    pattern: /claude-(?:opus|sonnet)-4[-.]6/,
    adaptive: true,
    fixedSampling: false,
    efforts: ["low", "medium", "high", "max"],
  },
];

/** How a model thinks: by its own word (`capabilities.efforts`), else by the table; `undefined`: by a budget. */
export function claudeThinking({ id, capabilities }: ModelInfo): ClaudeThinking | undefined {
  const row = ROWS.find(({ pattern }) => pattern.test(id));
  const { efforts } = capabilities;
  if (efforts === undefined) return row;
  return { adaptive: true, fixedSampling: row?.fixedSampling ?? true, efforts };
}

const SCALE: readonly ReasoningEffort[] = ["minimal", "low", "medium", "high", "xhigh", "max"];

/** Efforts as this model's words: one that it does not know becomes the nearest above, else the highest that it has. */
export function adaptiveEfforts(efforts: readonly string[]): EffortTable {
  const known = SCALE.map((word) => efforts.includes(word));
  const wordFor = (at: number): string | undefined => {
    const above = known.findIndex((isKnown, index) => isKnown && index >= at);
    return SCALE[above >= 0 ? above : known.lastIndexOf(true)];
  };
  const words = SCALE.map((_, at) => wordFor(at) ?? "");
  return effortTable(["none", ...words], (word) => {
    if (word === "none") return { thinking: { type: "disabled" } };
    const thinking = { type: "adaptive" };
    return word === "" ? { thinking } : { thinking, output_config: { effort: word } };
  });
}
