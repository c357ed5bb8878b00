import { cpus, loadavg } from "node:os";
import { print, type Section } from "./row.js";
import { cache } from "./rows/cache.js";
import { decision } from "./rows/decision.js";
import { doors } from "./rows/doors.js";
import { failover } from "./rows/failover.js";
import { footprint } from "./rows/footprint.js";
import { overhead } from "./rows/overhead.js";
import { steps } from "./rows/steps.js";
import { stream } from "./rows/stream.js";

const SECTIONS: Record<string, () => Promise<Section>> = {
  overhead,
  decision,
  steps,
  stream,
  cache,
  doors,
  failover,
  footprint,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => SECTIONS[name] === undefined);
if (unknown.length > 0) {
  console.error(`no such part: ${unknown.join(", ")}; there are ${Object.keys(SECTIONS).join(", ")}`);
  process.exit(2);
}
const load = (): string => (loadavg()[0] ?? 0).toFixed(1);
console.log(`Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? "cpu"}, load ${load()}`);
for (const [name, section] of Object.entries(SECTIONS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  if (process.stderr.isTTY) process.stderr.write(`${name} ...\r`);
  console.log(print(await section()));
}
console.log(`\nload at the end ${load()}`);
