import type { ModelInfo, Price } from "../../contract/provider.js";

/** What CNY prices were turned into dollars with. */
const CNY_PER_USD = 7.25;
const CHINA_SOURCE = `the vendor's China price list in CNY, at ${CNY_PER_USD} CNY per dollar`;

interface ChinaPrice {
  readonly price: Price;
  readonly asOf: string;
  readonly notes?: string;
}

const SHORT_ONLY = "Price for inputs under 32K tokens; longer ones cost more by a tier not read here.";

const CHINA: { readonly [model: string]: ChinaPrice } = {
  "MiniMax-M2.7": { price: cny(2.1, 0.42, 8.4), asOf: "2026-10" },
  "glm-5.1": { price: cny(6, 1.3, 24), asOf: "2026-05-23", notes: SHORT_ONLY },
  "glm-4.7": { price: cny(2, 0.4, 8), asOf: "2026-05-23", notes: SHORT_ONLY },
  "glm-4.5-air": { price: cny(0.8, 0.16, 2), asOf: "2026-05-23", notes: SHORT_ONLY },
};

/** The same models at the prices of the China region; where those were not found, the international ones with a note. */
export function inChina(models: readonly ModelInfo[]): readonly ModelInfo[] {
  return models.map((model) => {
    const found = CHINA[model.id];
    if (found === undefined) {
      return { ...model, notes: join(model.notes, "China price not found: the international one stands in.") };
    }
    const { price, asOf, notes } = found;
    return { ...model, usdPerMTok: price, asOf, source: CHINA_SOURCE, notes: join(model.notes, notes) };
  });
}

function cny(input: number, cacheRead: number, output: number): Price {
  return { input: usd(input), cacheRead: usd(cacheRead), output: usd(output) };
}

function usd(yuan: number): number {
  return Number((yuan / CNY_PER_USD).toFixed(4));
}

function join(first: string | undefined, second: string | undefined): string | undefined {
  return first && second ? `${first} ${second}` : (first ?? second);
}
