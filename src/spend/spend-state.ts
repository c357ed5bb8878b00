import type { Clock } from "../core/clock.js";

/** What the owners of one rule had spent; times are wall-clock milliseconds since 1970, so that downtime counts. */
export interface RuleSpend {
  readonly per: string;
  readonly key?: string | undefined;
  readonly owners: readonly (readonly [key: string, spent: readonly (readonly [atWallMs: number, usd: number])[]])[];
}

/** What all budgets of a router had spent: plain JSON. */
export interface SpendState {
  readonly version: 1;
  readonly rules: readonly RuleSpend[];
}

/** One owner's spend as this process's clock sees it, oldest first. */
export interface EarlierSpend {
  readonly per: string;
  readonly rule: string | undefined;
  readonly key: string;
  readonly spent: readonly { readonly atMs: number; readonly usd: number }[];
}

/** Reads what `exportState()` said of spend; a string says why it cannot be used. */
export function readSpend(state: unknown, clock: Clock): readonly EarlierSpend[] | string {
  if (!isRecord(state) || state.version !== 1 || !Array.isArray(state.rules)) return "its spend is of another form";
  const toOwnMs = clock.now() - clock.wallNow();
  const nowMs = clock.now();
  const found: EarlierSpend[] = [];
  for (const rule of state.rules as unknown[]) {
    if (!isRecord(rule) || typeof rule.per !== "string" || !Array.isArray(rule.owners)) return "a rule of its spend";
    for (const owner of rule.owners as unknown[]) {
      const [key, slots] = Array.isArray(owner) ? (owner as unknown[]) : [];
      if (typeof key !== "string" || !Array.isArray(slots)) return "an owner of its spend";
      const spent: { atMs: number; usd: number }[] = [];
      for (const slot of slots as unknown[]) {
        const [atWallMs, usd] = Array.isArray(slot) ? (slot as unknown[]) : [];
        if (!isAmount(atWallMs) || !isAmount(usd)) return "an amount of its spend";
        // A clock that was set back must not make money count for longer than its window.
        spent.push({ atMs: Math.min(nowMs, atWallMs + toOwnMs), usd });
      }
      spent.sort((one, other) => one.atMs - other.atMs);
      found.push({ per: rule.per, rule: typeof rule.key === "string" ? rule.key : undefined, key, spent });
    }
  }
  return found;
}

function isAmount(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && Number.isFinite(value);
}

function isRecord(value: unknown): value is { readonly [field: string]: unknown } {
  return typeof value === "object" && value !== null;
}
