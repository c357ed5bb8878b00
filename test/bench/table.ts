import { cpus, loadavg } from "node:os";
import { SERVERS_FLAG, serveFailover } from "./failover-servers.js";
import { print, type Section } from "./row.js";
import { blocks } from "./rows/blocks.js";
import { cache } from "./rows/cache.js";
import { DECISIONS } from "./rows/decision.js";
import { doors } from "./rows/doors.js";
import { failover } from "./rows/failover.js";
import { footprint } from "./rows/footprint.js";
import { money } from "./rows/money.js";
import { overhead } from "./rows/overhead.js";
import { steps } from "./rows/steps.js";
import { stream } from "./rows/stream.js";

const SECTIONS: Record<string, () => Promise<Section>> = {
  overhead,
  ...DECISIONS,
  steps,
  stream,
  cache,
  doors,
  failover,
  money,
  blocks,
  footprint,
};

const part = process.argv[2] ?? "";
if (part === "--parts") {
  console.log(Object.keys(SECTIONS).join("\n"));
  process.exit(0);
}
if (part === SERVERS_FLAG) await serveFailover();
else await measure(part);

async function measure(part: string): Promise<void> {
  const section = SECTIONS[part];
  if (section === undefined) throw new Error(`no such part: ${part}`);
  if (process.stderr.isTTY) process.stderr.write(`${part} ...\r`);
  const load = (loadavg()[0] ?? 0).toFixed(1);
  console.log(print(await section()));
  console.log(`Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? "cpu"}, load ${load}`);
}
