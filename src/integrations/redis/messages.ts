import type { SharedGateState } from "../../contract/shared-state.js";

/** What processes tell one another over the channel. */
export type Message =
  | { readonly kind: "gate"; readonly from: string; readonly candidate: string; readonly state: SharedGateState }
  /** Somebody needs money of this purse, and others hold unused slices of it. */
  | { readonly kind: "hungry"; readonly from: string; readonly purse: string };

type Fields = { readonly [field: string]: unknown };

const STATES = ["closed", "half_open", "open"] as const;
/** Longer waits than a day are nobody's honest word. */
const MAX_WAIT_MS = 86_400_000;

export function parseObject(value: unknown): Fields | undefined {
  if (typeof value !== "string") return undefined;
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? (parsed as Fields) : undefined;
  } catch {
    return undefined;
  }
}

/** A message, or `undefined` where it makes no sense. */
export function readMessage(text: string): Message | undefined {
  const fields = parseObject(text);
  if (typeof fields?.from !== "string") return undefined;
  const { kind, from, purse, candidate } = fields;
  if (kind === "hungry" && typeof purse === "string") return { kind, from, purse };
  if (kind !== "gate" || typeof candidate !== "string") return undefined;
  const state = readGate(fields.state);
  return state && { kind, from, candidate, state };
}

/** A gate's state from outside; `undefined` where it makes no sense. */
export function readGate(value: unknown): SharedGateState | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { state, openForMs, coolDownForMs, reason } = value as Fields;
  const known = STATES.find((each) => each === state);
  const openFor = waitOf(openForMs);
  const coolDownFor = waitOf(coolDownForMs);
  if (known === undefined || openFor === undefined || coolDownFor === undefined) return undefined;
  const why = typeof reason === "string" ? reason.slice(0, 100) : null;
  // A disable is about a key or a plan of one process; it stays there.
  return { state: known, openForMs: openFor, coolDownForMs: coolDownFor, disabled: null, reason: why };
}

function waitOf(value: unknown): number | undefined {
  return typeof value === "number" && value >= 0 && value <= MAX_WAIT_MS ? value : undefined;
}
