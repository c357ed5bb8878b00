import { readFileSync } from "node:fs";
import type { Doors } from "./doors.js";

export const CASES = ["chat", "stream", "tools", "structured", "abort", "error"] as const;
export type Case = (typeof CASES)[number];

/** A client, what it is asked to do, and through which door. */
export interface Client {
  readonly name: string;
  /** The npm package whose version the table shows. */
  readonly package: string;
  readonly door: "openai: chat" | "openai: responses" | "anthropic" | "ai-sdk" | "all three, `toNodeListener`";
  /** What it can do; a case that is left out is none of its features. Each ends, or throws what is wrong. */
  open(
    doors: Doors,
  ): Promise<{ readonly [Name in Case]?: () => Promise<void> }> | { readonly [Name in Case]?: () => Promise<void> };
}

export function expectEqual(actual: unknown, expected: unknown): void {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (is !== should) throw new Error(`expected ${should}, got ${is}`);
}

/** Whatever a call rejects with; throws if it does not. */
export async function failureOf(call: () => Promise<unknown>): Promise<Error> {
  try {
    await call();
  } catch (error) {
    return error as Error;
  }
  throw new Error("it should have failed");
}

/** A failure of the vendor, as the client tells it: the vendor's own words are in it. */
export async function expectRefusal(call: () => Promise<unknown>): Promise<void> {
  const error = await failureOf(call);
  const told = `${error.message} ${String((error as { cause?: { message?: string } }).cause?.message ?? "")}`;
  if (!told.includes("refuses this")) throw new Error(`it fails otherwise: ${told.slice(0, 200)}`);
}

/** Calls with a signal that soon aborts; the call has to fail, and soon. */
export async function expectAbort(call: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), 150);
  const began = performance.now();
  await failureOf(() => call(controller.signal)).finally(() => clearTimeout(timer));
  if (performance.now() - began > 8_000) throw new Error("the abort took too long");
}

export function versionOf(name: string): string {
  const file = new URL(`node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
