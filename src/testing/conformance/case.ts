/** One case: run it inside any test framework; it throws where the subject falls short. */
export interface ConformanceCase {
  /** Its name. */
  readonly name: string;
  /** Runs the case; rejects if it does not hold. */
  run(): Promise<void>;
}

/** What a test framework is asked for: vitest, jest, mocha and `node:test` all have it. */
export interface CaseFramework {
  /** Registers a test. */
  test(name: string, run: () => Promise<void>): unknown;
}

/** Registers every case with a framework's `test`. */
export function registerCases(framework: CaseFramework, cases: readonly ConformanceCase[]): void {
  for (const { name, run } of cases) framework.test(name, run);
}

/** Throws where the subject falls short. */
export function ensure(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`conformance: ${what}`);
}

/** Throws where two plain values differ. */
export function ensureSame(got: unknown, wanted: unknown, what: string): void {
  const [left, right] = [JSON.stringify(got), JSON.stringify(wanted)];
  ensure(left === right, `${what}: got ${left}, wanted ${right}`);
}

/** Waits until something holds. */
export async function eventually(
  holds: () => boolean | Promise<boolean>,
  what: string,
  patienceMs: number,
): Promise<void> {
  const untilMs = Date.now() + patienceMs;
  while (!(await holds())) {
    ensure(Date.now() < untilMs, `${what}, not within ${patienceMs} ms`);
    await pause(5);
  }
}

/** Real milliseconds. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
