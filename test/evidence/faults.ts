import { FAULT_CASES } from "../faults/cases.js";

/** Prints the numbered faults with a tick for each that is handled as it must; the exit code tells the same. */
async function main(): Promise<void> {
  const only = process.argv.slice(2);
  const cases = FAULT_CASES.filter(({ number }) => only.length === 0 || only.includes(String(number)));
  if (cases.length < only.length || cases.length === 0) {
    console.error("usage: npm run faults -- [number]...: some of these have no such number");
    process.exitCode = 2;
    return;
  }
  let bad = 0;
  const startedAt = performance.now();
  for (const { number, fault, expected, run } of cases) {
    let failure: unknown;
    await run().catch((error: unknown) => {
      failure = error;
    });
    console.log(`${failure === undefined ? "✓" : "✗"} ${String(number).padStart(3)}  ${fault.padEnd(58)}  ${expected}`);
    if (failure !== undefined) {
      bad++;
      console.log(`       ${failure instanceof Error ? failure.stack : failure}`);
    }
  }
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  console.log(`\n${cases.length - bad} of ${cases.length} faults handled as they must, in ${seconds} s`);
  process.exitCode = bad === 0 ? 0 : 1;
}

void main();
