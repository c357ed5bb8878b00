import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const client = new Client({ name: "test", version: "1" });

beforeAll(async () => {
  const { MINIMAX_API_KEY: _m, ZAI_API_KEY: _z, MOONSHOT_API_KEY: _k, ...env } = process.env as Record<string, string>;
  const args = ["--import", "tsx", "examples/mcp-server.ts"];
  await client.connect(new StdioClientTransport({ command: process.execPath, args, cwd: root, env, stderr: "pipe" }));
});

afterAll(() => client.close());

const chat = (prompt: string, more: object = {}) => client.callTool({ name: "chat", arguments: { prompt, ...more } });

describe("the MCP server example, driven by the official client", () => {
  it("offers one tool and two resources", async () => {
    const { tools } = await client.listTools();
    expect(tools.map((tool) => tool.name)).toEqual(["chat"]);
    expect(tools[0]?.inputSchema.required).toEqual(["prompt"]);
    const { resources } = await client.listResources();
    expect(resources.map((resource) => resource.uri)).toEqual(["signalbox://stats", "signalbox://health"]);
  });

  it("answers, from the cache the second time, and counts", async () => {
    const first = await chat("Hello", { system: "Be short", strategy: "ordered" }).catch((error) => error);
    expect(String(first.message ?? first.content?.[0]?.text)).toContain("strategy");
    expect(await chat("Hello")).toMatchObject({
      content: [{ type: "text", text: "You said: Hello" }],
      structuredContent: { provider: "simulated", cache: "miss" },
    });
    expect(await chat("Hello")).toMatchObject({ structuredContent: { cache: "hit" } });
    const { contents } = await client.readResource({ uri: "signalbox://stats" });
    const stats = JSON.parse((contents[0] as { text: string }).text);
    expect(stats.requests).toMatchObject({ requests: 2, ok: 2 });
    const health = await client.readResource({ uri: "signalbox://health" });
    expect(JSON.parse((health.contents[0] as { text: string }).text).candidates).toHaveLength(1);
  });

  it("says what went wrong as a tool error", async () => {
    expect(await chat("Hello", { model: "nobody" })).toMatchObject({
      isError: true,
      content: [{ text: expect.stringContaining("invalid_request") }],
    });
  });
});
