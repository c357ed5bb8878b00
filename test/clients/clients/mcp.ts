import { Client as McpClient } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import OpenAI from "openai";
import { z } from "zod";
import { type Client, expectEqual } from "../client.js";
import { ADD, SUM } from "../upstream.js";

/** Tools of an MCP server, called by a model behind the door. */
export const mcpClient: Client = {
  name: "MCP client, with openai",
  package: "@modelcontextprotocol/sdk",
  door: "openai: chat",
  async open({ openai: baseURL }) {
    const server = new McpServer({ name: "sums", version: "1.0.0" });
    const inputSchema = { a: z.number(), b: z.number() };
    server.registerTool("add", { description: "Adds", inputSchema }, async ({ a, b }) => ({
      content: [{ type: "text", text: String(a + b) }],
    }));
    const [near, far] = InMemoryTransport.createLinkedPair();
    const client = new McpClient({ name: "suite", version: "1.0.0" });
    await Promise.all([server.connect(far), client.connect(near)]);
    const { completions } = new OpenAI({ apiKey: "unused", baseURL }).chat;
    return {
      async tools() {
        const { tools } = await client.listTools();
        const offered = tools.map(({ name, description, inputSchema: parameters }) => ({
          type: "function" as const,
          function: { name, ...(description ? { description } : {}), parameters },
        }));
        const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: "user", content: ADD }];
        const first = await completions.create({ model: "auto", messages, tools: offered });
        const message = first.choices[0]?.message;
        const call = message?.tool_calls?.[0];
        if (!message || call?.type !== "function") throw new Error("no call");
        const result = await client.callTool({
          name: call.function.name,
          arguments: JSON.parse(call.function.arguments),
        });
        messages.push(message, { role: "tool", tool_call_id: call.id, content: JSON.stringify(result.content) });
        const last = await completions.create({ model: "auto", messages, tools: offered });
        expectEqual(last.choices[0]?.message.content, SUM);
      },
    };
  },
};
