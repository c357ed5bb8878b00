/**
 * Runs the crash test on each Node.js version of `package.json`: servers with hostile answers, and a process that must
 * outlive them. `npm run test:nodes` installs the versions first; `-- --seed=7 --runs=5000` looks further.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const { dependencies } = JSON.parse(readFileSync(here("package.json"), "utf8")) as { dependencies: object };

let died = 0;
for (const name of Object.keys(dependencies)) {
  const node = here(`node_modules/${name}/bin/node`);
  const given = ["--import", "tsx", here("survive.ts"), ...process.argv.slice(2)];
  const { status, signal, stdout, stderr } = spawnSync(node, given, { encoding: "utf8", timeout: 300_000 });
  const last = stdout.trimEnd().split("\n").at(-1);
  const isAlive = status === 0 && last === "alive";
  process.stdout.write(
    `${name}: ${isAlive ? "alive" : `ended with ${status ?? signal}, during the calls from ${last} on`}\n`,
  );
  if (isAlive) continue;
  died++;
  process.stdout.write(`${stderr.slice(0, 4_000)}\n`);
}
process.exitCode = died === 0 ? 0 : 1;
