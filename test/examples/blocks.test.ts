import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { filesBelow, ROOT } from "../house/sources.js";
import { startAnyVendor } from "./any-vendor.js";

const FOLDER = `${ROOT}test/examples/.blocks/`;

/** A program that a page shows: where it stands, and where it is written to be compiled and run as it stands. */
interface Block {
  readonly name: string;
  readonly file: string;
  readonly code: string;
}

const pages = ["README.md", "docs/playground.md", ...filesBelow("docs/guide"), ...filesBelow("docs/migration")];
const blocks: readonly Block[] = pages.flatMap((page) =>
  [...readFileSync(`${ROOT}${page}`, "utf8").matchAll(/```ts\n([\s\S]*?)```/g)].map(({ 1: code = "" }, index) => {
    const stem = `${page.replace(/\W+/g, "-")}-${index + 1}`;
    return { name: `${page}, program ${index + 1}`, file: `${FOLDER}${stem}.ts`, code };
  }),
);

mkdirSync(FOLDER, { recursive: true });
for (const { file, code } of blocks) writeFileSync(file, code);

const vendor = await startAnyVendor();
const realFetch = globalThis.fetch;
const servers: Server[] = [];

beforeAll(() => {
  // Whatever address a program asks, loopback answers.
  vi.stubGlobal("fetch", (url: string | URL, init?: RequestInit) => {
    const { pathname, search } = new URL(url);
    return realFetch(`${vendor.url}${pathname}${search}`, init);
  });
  const listen = Server.prototype.listen;
  vi.spyOn(Server.prototype, "listen").mockImplementation(function (this: Server, ...args: unknown[]) {
    servers.push(this);
    const told = args.findLast((each) => typeof each === "function") as (() => void) | undefined;
    return (listen as (...all: unknown[]) => Server).apply(this, [0, "127.0.0.1", told]);
  });
});

afterAll(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
  vendor.close();
  for (const server of servers) server.close();
  rmSync(FOLDER, { recursive: true, force: true });
});

beforeEach(() => {
  for (const vendor of ["OPENAI", "ANTHROPIC", "GEMINI", "DEEPSEEK", "OPENROUTER", "AZURE_OPENAI", "MINIMAX", "ZAI"]) {
    vi.stubEnv(`${vendor}_API_KEY`, "sk-1234567890");
  }
});

const ask = (): Request =>
  new Request("http://127.0.0.1/v1/chat/completions", {
    method: "POST",
    body: JSON.stringify({ model: "auto", messages: [{ role: "user", content: "Hello?" }] }),
  });

describe("programs that a page shows", () => {
  it("compile as they stand", { timeout: 120_000 }, () => {
    const { config } = ts.readConfigFile(`${ROOT}tsconfig.json`, ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, resolve(ROOT));
    const program = ts.createProgram(
      blocks.map(({ file }) => file),
      options,
    );
    const found = ts.getPreEmitDiagnostics(program).filter(({ file }) => file?.fileName.includes(".blocks/"));
    const words = found.map(
      ({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
    );
    expect(words).toEqual([]);
  });

  it.each(blocks)("$name runs", { timeout: 60_000 }, async ({ file, code }) => {
    const printed: string[] = [];
    const log = vi
      .spyOn(console, "log")
      .mockImplementation((...words) => void printed.push(words.map(String).join(" ")));
    const before = servers.length;
    const module = (await import(file)) as {
      readonly default?: { fetch(request: Request): Promise<Response> };
      readonly POST?: (request: Request) => Promise<Response>;
    };
    log.mockRestore();
    if (module.POST) expect((await module.POST(ask())).status).toBe(200);
    else if (module.default) expect((await module.default.fetch(ask())).status).toBe(200);
    else if (servers.length > before) {
      const server = servers[before] as Server;
      if (!server.listening) await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const page = /app\.get\("([^"]*)"/.exec(code)?.[1];
      const response = await realFetch(`http://127.0.0.1:${port}${page ?? "/v1/chat/completions"}`, {
        ...(page === undefined ? { method: "POST", body: await ask().text() } : {}),
        headers: { "content-type": "application/json", authorization: "Bearer let-me-in" },
      });
      expect(response.status).toBe(200);
    } else expect(printed.join("\n")).not.toBe("");
  });

  it("the first one needs a block of at most 12 lines, and at most 250 words before it", () => {
    const [before = ""] = readFileSync(`${ROOT}README.md`, "utf8").split("```ts");
    expect(before.split(/\s+/).length).toBeLessThanOrEqual(250);
    expect(blocks[0]?.code.trim().split("\n").length).toBeLessThanOrEqual(12);
  });
});
