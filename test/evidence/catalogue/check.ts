import type { ModelInfo } from "../../../src/contract/provider.js";
import {
  anthropic,
  cerebras,
  deepseek,
  fireworks,
  gemini,
  glm,
  groq,
  kimi,
  minimax,
  mistral,
  modelsFrom,
  openai,
  perplexity,
  qwen,
  together,
  xai,
} from "../../../src/vendors.js";

/** Vendors whose models the catalogue lists; the others take whatever their server has. */
const LISTED = {
  openai,
  anthropic,
  gemini,
  deepseek,
  groq,
  mistral,
  xai,
  qwen,
  together,
  fireworks,
  cerebras,
  perplexity,
  minimax,
  glm,
  kimi,
};

/** Models of one vendor: ours, and the source's; `null` where the source has no such vendor. */
interface Compared {
  readonly vendor: string;
  readonly ours: readonly ModelInfo[];
  readonly theirs: readonly ModelInfo[] | null;
}

/**
 * What a source of models.dev's form says otherwise than our catalogue, in markdown: prices, windows, lengths and abilities
 * that differ, models that it no longer lists, and those that only it has.
 */
export function catalogueDifference(source: object): string {
  const parts = Object.entries(LISTED).map(([vendor, make]) => difference(compared(vendor, make, source)));
  const all = parts.reduce((sum, { count }) => sum + count, 0);
  const head = all === 0 ? "Nothing differs." : `${all} differences. Each fact can be overridden with \`models\`.`;
  return [`# The catalogue against this source`, head, ...parts.flatMap(({ text }) => (text ? [text] : []))].join(
    "\n\n",
  );
}

function compared(vendor: string, make: (typeof LISTED)[keyof typeof LISTED], source: object): Compared {
  const { models: ours } = make({ apiKey: "none-is-needed" });
  try {
    return { vendor, ours, theirs: modelsFrom(source, { provider: vendor }) };
  } catch (error) {
    if ((error as { path?: string }).path === "provider") return { vendor, ours, theirs: null };
    throw error;
  }
}

function difference({ vendor, ours, theirs }: Compared): { readonly text: string; readonly count: number } {
  if (theirs === null) return { text: `## ${vendor}\n\nNot in the source.`, count: 0 };
  const byId = new Map(theirs.map((model) => [model.id, model]));
  const lines = ours.flatMap((model) => {
    const theirs = byId.get(model.id);
    byId.delete(model.id);
    return theirs ? factsOf(model, theirs) : [`- \`${model.id}\`: no longer listed${successorOf(model)}`];
  });
  const count = lines.length + byId.size;
  if (byId.size > 0) lines.push(`- only there: ${[...byId.keys()].map((id) => `\`${id}\``).join(", ")}`);
  return { text: lines.length === 0 ? "" : `## ${vendor}\n\n${lines.join("\n")}`, count };
}

const successorOf = ({ successor }: ModelInfo): string =>
  successor === undefined ? "" : `; its successor is \`${successor}\``;

const usd = (value: number | undefined | null): string =>
  value === undefined || value === null ? "none" : `$${value}`;

/** Each fact, ours and theirs, as words. What the source tells only roughly is not compared. */
function factsOf(ours: ModelInfo, theirs: ModelInfo): string[] {
  const price = (name: "input" | "output" | "cacheRead"): [string, string, string] => [
    `price of ${name}`,
    usd(ours.usdPerMTok?.[name]),
    usd(theirs.usdPerMTok?.[name]),
  ];
  const facts: [name: string, ours: string, theirs: string][] = [
    price("input"),
    price("output"),
    price("cacheRead"),
    ["context window", String(ours.contextWindow), String(theirs.contextWindow)],
    ["longest answer", String(ours.maxOutput), String(theirs.maxOutput)],
    ["tools", String(ours.capabilities.tools), String(theirs.capabilities.tools)],
    ["vision", String(ours.capabilities.vision !== false), String(theirs.capabilities.vision !== false)],
    ["thinking", String(ours.capabilities.thinking !== "none"), String(theirs.capabilities.thinking !== "none")],
  ];
  if (theirs.status === "deprecated") facts.push(["status", ours.status ?? "active", "deprecated"]);
  const differing = facts.filter(
    ([name, ours, theirs]) => ours !== theirs && !(name === "longest answer" && theirs === "null"),
  );
  return differing.map(
    ([name, one, other]) =>
      `- \`${ours.id}\`: ${name} ${one} here, ${other} there${name === "status" ? successorOf(ours) : ""}`,
  );
}
