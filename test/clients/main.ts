import { CASES, type Case, type Client, versionOf } from "./client.js";
import { openDoors } from "./doors.js";
import { startUpstream } from "./upstream.js";

/** Files under `clients/`, each with the clients it exports. */
const FILES = [
  "openai-sdk",
  "anthropic-sdk",
  "ai-sdk",
  "agents",
  "langchain",
  "llamaindex",
  "mastra",
  "genkit",
  "instructor",
  "mcp",
  "node-servers",
];

/** Milliseconds that one case may take. */
const LIMIT_MS = 30_000;

Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });
// A client may leave a rejection behind when a call is aborted; what counts is what its caller sees.
process.on("unhandledRejection", () => {});

const wanted = process.argv.slice(2);
const upstream = await startUpstream();
const doors = await openDoors(upstream.url);
const failures: string[] = [];
const rows: string[] = [];

/** Runs one case; a sign for the table. */
async function run(client: Client, name: Case, work: (() => Promise<void>) | undefined): Promise<string> {
  if (work === undefined) return "";
  upstream.calls = 0;
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no end after ${LIMIT_MS} ms`)), LIMIT_MS);
    });
    await Promise.race([work(), late]);
    if (name === "error" && upstream.calls > 1) throw new Error(`the vendor was asked ${upstream.calls} times`);
    return "yes";
  } catch (error) {
    failures.push(`${client.name}, ${name}: ${String(error instanceof Error ? error.message : error).slice(0, 300)}`);
    return "**no**";
  } finally {
    clearTimeout(timer);
  }
}

const clients: Client[] = [];
for (const file of FILES) {
  try {
    clients.push(...Object.values((await import(`./clients/${file}.ts`)) as Record<string, Client>));
  } catch (error) {
    failures.push(`${file} cannot be loaded: ${String(error).slice(0, 300)}`);
  }
}

for (const client of clients) {
  if (wanted.length > 0 && !wanted.some((word) => client.name.toLowerCase().includes(word.toLowerCase()))) continue;
  const signs: string[] = [];
  const cases = await client.open(doors);
  for (const name of CASES) signs.push(await run(client, name, cases[name]));
  rows.push(`| ${client.name} | ${versionOf(client.package)} | ${client.door} | ${signs.join(" | ")} |`);
}

console.log(`| client | version | door | ${CASES.join(" | ")} |`);
console.log(`|---|---|---|${CASES.map(() => "---|").join("")}`);
for (const row of rows) console.log(row);
for (const failure of failures) console.log(`FAILED ${failure}`);
await doors.close();
upstream.close();
process.exit(failures.length > 0 ? 1 : 0);
