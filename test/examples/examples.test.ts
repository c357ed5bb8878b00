import { readdirSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ROOT } from "../house/sources.js";
import { printedBy } from "./run.js";

/** What each program must print; an example without a line here fails. */
const PROMISES: Record<string, readonly (string | RegExp)[]> = {
  quickstart: ["Because blue light scatters most.", /demo\/\S+ in \d+ ms/],
  streaming: [
    "One, two, three, four, five.\n",
    /\d+ tokens, first after \d+ ms/,
    "left early",
    /text\/event-stream\S*( charset=utf-8)? true/,
  ],
  "http-server": ["text/event-stream; charset=utf-8 data: \nthe tab is closed: cancelled after 1 call\n"],
  "tools-loop": [/add\(\{"a":2,"b":40\}\) = 42/, "The sum is 42."],
  "custom-strategy": ["cheapest-first: cheap", /dice: (dear|cheap)/, /cheap\/\S+ -\d/],
  "strategy-settings": [/weighted 3 to 1: \{.*"minimax":(2[6-9]|3[0-4])\d/, /a prior/, /weight [13] of 4/],
  "custom-provider": ["You said: Hello", "streamed: You said: Hello", "missing_tools"],
  redact: [
    "the vendor saw: Please write to [PERSONAL_1]\nthe caller got: I wrote to ada@example.org, and to nobody else.\n",
    /\nI wrote to ada@example.org, and to nobody else.\n$/,
  ],
  guardrail: [
    "content_filter/guardrail: This question is not answered here",
    /It rains[^\n]*\ncontent_filter\/guardrail: The answer was cut/,
  ],
  "audit-log": [
    /"tenant":"acme","calls":\["shaky\/shaky-1 server","steady\/steady-1 success"\],"outcome":"ok"/,
    /"calls":\[\],"outcome":"no_candidate"/,
  ],
  cache: [/6 x 7\? miss/, /6 x 7\? hit, \d+ ms, saved \$0\.0/, /miss( joined){9}|( ?joined){9}/, '"hits":1'],
  events: [
    /attempt first: failing\/\S+ server/,
    /fallback: failing/,
    /breaker: failing\S* closed -> open/,
    "done: ok by healthy",
  ],
  "sqlite-cache": [/first run: 42, miss/, /after a restart: 42, hit, cost \$0\n/],
  "openai-responses": ["I have read 1 messages.\nI have read 3 messages.\nI have read 1 messages.\n"],
  "openai-sdk": ["Hello from the router.\nanswered by demo/demo-1\nHello from the router.\n"],
  "anthropic-sdk": ["Hello from the router.\nanswered by demo/demo-1, end_turn\nHello from the router.\nusage told\n"],
  "ai-sdk": [/^Hello from the router\.\n.*"provider":"demo".*\nHello from the router\.\n$/s],
  otel: [/chat demo-1 demo\nsignalbox\.request \nmy handler/],
  report: [/written to \S+report\.html/],
  testing: ["Hello.\nhanging: timeout, healthy: success\n120 s passed for the router, none for the test"],
  conformance: [
    /^turns: \d\d of \d\d cases\n/,
    "decides each time as if it were the first: ",
    /\nmap store: 12 of 12 cases\n$/,
  ],
  prometheus: ['signalbox_requests_total{outcome="ok"} 1'],
  tenants: [
    "acme: asked again, hit",
    "globex: asked again, hit",
    /acme after \d+ more: budget_exceeded/,
    "globex goes on: miss",
  ],
};

const ELSEWHERE = new Set(["mcp-server", "redis"]);

beforeEach(() => {
  for (const name of ["MINIMAX_API_KEY", "ZAI_API_KEY", "MOONSHOT_API_KEY"]) vi.stubEnv(name, "");
});
afterEach(() => vi.unstubAllEnvs());

describe("examples", () => {
  it("each have a row in the README", () => {
    const readme = readFileSync(`${ROOT}examples/README.md`, "utf8");
    const files = readdirSync(`${ROOT}examples`).filter((name) => /\.(ts|json)$/.test(name));
    expect(files.filter((name) => !readme.includes(`| \`${name}\``))).toEqual([]);
  });

  it("are all known here or tested elsewhere", () => {
    const programs = readdirSync(`${ROOT}examples`)
      .filter((name) => name.endsWith(".ts"))
      .map((name) => name.slice(0, -3))
      .filter((name) => !ELSEWHERE.has(name));
    expect(programs.filter((name) => PROMISES[name] === undefined)).toEqual([]);
  });

  it.each(Object.keys(PROMISES))("%s prints what it promises", async (name) => {
    const printed = await printedBy(name);
    for (const promise of PROMISES[name] ?? []) expect(printed).toMatch(promise);
  });
});
