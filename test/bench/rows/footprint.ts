import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { IMPORTS, installTarball, kbOf } from "../bundle.js";
import type { Row, Section } from "../row.js";

const PROCESSES = 9;

/** Milliseconds to import a module in a fresh process: the median of several. */
function coldImportMs(folder: string, specifier: string): number {
  const script = `${folder}/cold.mjs`;
  writeFileSync(
    script,
    `const t = performance.now(); await import(${JSON.stringify(specifier)}); console.log(performance.now() - t);`,
  );
  const times: number[] = [];
  for (let run = 0; run <= PROCESSES; run += 1) {
    const { stdout, stderr, status } = spawnSync(process.execPath, [script], { encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    if (run > 0) times.push(Number(stdout));
  }
  return times.sort((a, b) => a - b)[PROCESSES >> 1] ?? Number.NaN;
}

/** Bytes to ship and time to load. */
export async function footprint(): Promise<Section> {
  const folder = `${process.cwd()}/node_modules/.cache/signalbox-bench`;
  mkdirSync(folder, { recursive: true });
  installTarball(folder);
  writeFileSync(`${folder}/empty.mjs`, "export {};");
  const cold = coldImportMs(folder, "signalbox");
  const rows: Row[] = [
    {
      what: "cold import of signalbox; bare is an empty module",
      value: cold,
      unit: "ms",
      bare: coldImportMs(folder, "./empty.mjs"),
      target: 25,
    },
  ];
  for (const { what, code, targetKb } of IMPORTS.slice(0, 6))
    rows.push({ what: `${what}, min+gzip`, value: await kbOf(code, folder), unit: "kB", target: targetKb });
  return {
    name: "footprint",
    about: `cold import, median of ${PROCESSES} processes; bytes with all dependencies`,
    rows,
  };
}
