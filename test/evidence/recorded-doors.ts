/**
 * `npm run recorded-doors -- FILE.jsonl[.gz] ...`: gives recorded answers of vendors to a client of each door, whole and
 * streamed, and compares what the client gets with an independent reading of the bytes; then sends it back for the next
 * turn. Without a file it takes answers that it makes itself. Exit code 1 if something is lost.
 */
import { anthropicCompatible, createRouter, openaiCompatible } from "../../src/index.js";
import { DOORS, type Door } from "../integration/pairs/doors.js";
import { type RecordedAnswer, readAnswers } from "./recorded/answer.js";
import { KNOWN } from "./recorded/known.js";
import { ownAnswers } from "./recorded/own-answers.js";
import { expectedReading, shortened } from "./recorded/reading.js";

type Raw = { readonly [field: string]: unknown };

function routerFor({ wire, stream, model, status, body }: RecordedAnswer) {
  const fetch = async (): Promise<Response> => {
    const type = stream && status < 300 ? "text/event-stream" : "application/json";
    return new Response(body, { status, headers: { "content-type": type } });
  };
  const capabilities = { tools: true, vision: "url", thinking: "switchable", json: "schema" } as const;
  const info = { id: model ?? "unnamed", contextWindow: 2_000_000, maxOutput: null, usdPerMTok: null, capabilities };
  const chatUpstream = stream ? ("stream" as const) : ("whole" as const);
  const options = {
    id: "recorded",
    apiKey: "k",
    models: [info],
    chatUpstream,
    fetch: fetch as typeof globalThis.fetch,
  };
  const provider =
    wire === "anthropic"
      ? anthropicCompatible({ ...options, baseURL: "http://127.0.0.1:1" })
      : openaiCompatible({
          ...options,
          baseURL: "http://127.0.0.1:1/v1",
          wire: wire === "openai" ? "chat" : "responses",
        });
  return createRouter({ providers: [provider], retry: { attempts: 1 } });
}

const canonical = (args: unknown): string => {
  try {
    return JSON.stringify(typeof args === "string" ? JSON.parse(args || "{}") : args);
  } catch {
    return String(args);
  }
};

/** What the client lacks of the answer, and whether the next turn can be asked. */
async function lostBehind(door: Door, recorded: RecordedAnswer, stream: boolean): Promise<string[]> {
  const expected = expectedReading(recorded);
  const router = routerFor(recorded);
  const fetch = door.open(router);
  const asked = { ...door.ask([{ who: "user", text: "go on" }]), model: "auto" };
  const post = (body: Raw) => fetch(door.url, { method: "POST", body: JSON.stringify(body) });
  try {
    const response = await post({ ...asked, stream });
    const text = await response.text();
    const broken = !response.ok || /^event: error|"type":"response.failed"|^data: \{"error"/m.test(text);
    if (expected === null) return broken ? [] : ["an error is told as an answer"];
    if (broken) return [`failed: ${shortened(text)}`];
    const events = [...text.matchAll(/^data: (\{[^\n]*)$/gm)].map(([, data]) => JSON.parse(data as string) as Raw);
    const body = stream ? door.assembled(events) : (JSON.parse(text) as Raw);
    const got = door.read(body);
    const want: readonly [name: string, want: unknown, got: unknown][] = [
      ["text", expected.text || expected.refusal, got.text.trim()],
      ["thinking", expected.reasoning, got.thinking.trim()],
      [
        "calls",
        expected.calls.map(([id, name, args]) => [id, name, canonical(args)]),
        got.calls.map(({ id, name, input }) => [id, name, canonical(input)]),
      ],
      ["cut", expected.finish === "length", got.cut],
    ];
    const lost = want.filter(([, a, b]) => JSON.stringify(a) !== JSON.stringify(b));
    const back = await post(door.goOn(asked, body));
    const said = back.ok ? [] : [`the next turn: ${shortened(await back.text())}`];
    return [
      ...lost.map(([name, a, b]) => `${name}: ${shortened(JSON.stringify(a))} is ${shortened(JSON.stringify(b))}`),
      ...said,
    ];
  } catch (thrown) {
    return [`thrown: ${shortened(String(thrown))}`];
  } finally {
    await router.close();
  }
}

const files = process.argv.slice(2);
const answers = files.length === 0 ? ownAnswers() : files.flatMap(readAnswers);
const print = (line: string) => process.stdout.write(`${line}\n`);
const rows = new Map<string, { played: number; right: number }>();
const wrong: string[] = [];
let known = 0;
for (const answer of answers) {
  if (KNOWN.some(({ applies }) => applies(answer))) {
    known++;
    continue;
  }
  for (const door of DOORS) {
    const name = `${door.name} door, ${answer.wire} wire`;
    const row = rows.get(name) ?? { played: 0, right: 0 };
    rows.set(name, row);
    for (const stream of [false, true]) {
      row.played++;
      const found = await lostBehind(door, answer, stream);
      if (found.length === 0) row.right++;
      wrong.push(...found.map((text) => `${answer.id} ${name}${stream ? ", stream" : ""}: ${text}`));
    }
  }
}
for (const [name, { played, right }] of rows)
  print(`${name.padEnd(36)}${String(played).padStart(6)}${String(right).padStart(6)}`);
if (known > 0) print(`${known} recordings hold no answer of a server and are left out`);
for (const text of wrong) print(text);
process.exitCode = wrong.length > 0 ? 1 : 0;
