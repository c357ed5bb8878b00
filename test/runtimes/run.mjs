import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { EdgeVM } from "@edge-runtime/vm";
import { BUNDLERS, bundleWorker } from "./builds.mjs";
import { startUpstream } from "./upstream.mjs";

// Packs what `npm run build` made, and runs scenario.mjs from that package on every runtime.
const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const work = mkdtempSync(join(tmpdir(), "signalbox-runtimes-"));
const require = createRequire(import.meta.url);

function install() {
  const home = join(here, "node_modules/signalbox");
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  const packed = spawnSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", work], {
    cwd: root,
    encoding: "utf8",
  });
  const [{ filename }] = JSON.parse(packed.stdout);
  spawnSync("tar", ["-xzf", join(work, filename), "--strip-components=1", "-C", home]);
}

/** Runs a program; resolves with what it printed. It must end by itself: a router that is closed keeps nothing alive. */
function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: here, stdio: ["ignore", "pipe", "pipe"] });
    let out = "";
    let errors = "";
    child.stdout.on("data", (data) => (out += data));
    child.stderr.on("data", (data) => (errors += data));
    const timer = setTimeout(() => child.kill("SIGKILL"), 30_000);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(out.trim());
      else reject(new Error(`ended with ${code ?? signal}: ${out}${errors}`));
    });
  });
}

const binary = (name, path) => join(dirname(require.resolve(`${name}/package.json`)), path);

/** Bun's install script moves the program from one package to the other. */
function bun() {
  const moved = binary("bun", "bin/bun.exe");
  const still = join(here, "node_modules/@oven/bun-linux-x64/bin/bun.exe");
  return existsSync(still) ? still : moved;
}

async function onWorkerd(base) {
  writeFileSync(join(work, "worker.js"), await bundleWorker(join(here, "worker.mjs")));
  const port = await freePort();
  writeFileSync(
    join(work, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (modules = [(name = "worker.js", esModule = embed "worker.js")], compatibilityDate = "2025-09-01", globalOutbound = "net")),
    (name = "net", network = (allow = ["public", "private", "local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
`,
  );
  const child = spawn(binary("workerd", "bin/workerd"), ["serve", join(work, "config.capnp")], { stdio: "inherit" });
  try {
    return await untilUp(`http://127.0.0.1:${port}/?base=${encodeURIComponent(base)}`);
  } finally {
    child.kill("SIGKILL");
  }
}

async function untilUp(url) {
  for (let tries = 0; ; tries += 1) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(20_000) });
      return await response.text();
    } catch (error) {
      if (error.name === "TimeoutError" || tries === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Loads a bundle in the edge runtime, which has the globals of the web and none of Node's, and runs it. */
async function onEdge(code, base) {
  const vm = new EdgeVM();
  vm.evaluate(code);
  return vm.evaluate(`runScenario(${JSON.stringify(base)})`);
}

const browser = join(here, "browser.mjs");
const nodes = ["20", "22", "24", "26"].flatMap((version) => {
  const node = binary(`node${version}`, "bin/node");
  return [
    [`Node ${version}, ESM`, (base) => run(node, ["app.mjs", base])],
    [`Node ${version}, CommonJS`, (base) => run(node, ["app.cjs", base])],
  ];
});
const runtimes = [
  ...nodes,
  ["Bun", (base) => run(bun(), ["app.mjs", base])],
  [
    "Deno",
    (base) => run(binary("@deno/linux-x64-glibc", "deno"), ["run", "--allow-net", "--allow-read", "app.mjs", base]),
  ],
  ["workerd, no compatibility flags", onWorkerd],
  ["edge runtime", async (base) => onEdge(await BUNDLERS.esbuild(browser), base)],
  ...["vite", "webpack", "rollup", "rolldown"].map((name) => [
    `browser build by ${name}`,
    async (base) => onEdge(await BUNDLERS[name](browser, join(work, name)), base),
  ]),
];

install();
const upstream = await startUpstream();
for (const [name, start] of runtimes) {
  const result = await start(upstream.base).catch((error) => error);
  console.log(`${result === "ok" ? "ok    " : "FAILED"}  ${name}`);
  if (result === "ok") continue;
  console.log(result?.stack ?? result);
  process.exitCode = 1;
}
upstream.close();
rmSync(work, { recursive: true, force: true });
process.exit();
