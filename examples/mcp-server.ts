// An MCP server over stdio with one router inside: hosts such as Claude Desktop or an IDE start it and get a `chat` tool
// and two resources. Standard output belongs to the protocol, so everything for people goes to standard error.
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { createRouter, glm, kimi, minimax, SignalboxError, simulated } from "signalbox";
import { z } from "zod";

const keyed = ["MINIMAX_API_KEY", "ZAI_API_KEY", "MOONSHOT_API_KEY"].some((name) => process.env[name]);
const router = createRouter({
  providers: keyed
    ? [minimax(), glm(), kimi()]
    : [simulated({ id: "simulated", reply: ({ messages }) => `You said: ${String(messages.at(-1)?.content)}` })],
  cache: { maxBytes: 64 * 1024 * 1024, ttlMs: 3_600_000 },
});
if (!keyed) console.error("No key found: the answers are simulated.");

const server = new McpServer({ name: "signalbox", version: "0.1.0" });

server.registerTool(
  "chat",
  {
    title: "Ask a language model",
    description: "Sends a prompt to the best available model and returns its answer.",
    inputSchema: {
      prompt: z.string().min(1).describe("What to ask"),
      system: z.string().optional().describe("How to answer"),
      model: z.string().optional().describe('"auto", a model id, or "provider/model"'),
      strategy: z
        .enum(["adaptive", "performance-weighted", "cost-optimized", "load-balanced", "reliability-focused"])
        .optional(),
    },
    outputSchema: {
      text: z.string(),
      provider: z.string(),
      model: z.string(),
      cache: z.string(),
      latencyMs: z.number(),
    },
    annotations: { readOnlyHint: true, openWorldHint: true },
  },
  async ({ prompt, system, model, strategy }, { signal }) => {
    try {
      const reply = await router.chat(
        {
          model: model ?? "auto",
          messages: [
            ...(system === undefined ? [] : [{ role: "system" as const, content: system }]),
            { role: "user", content: prompt },
          ],
        },
        { signal, ...(strategy === undefined ? {} : { strategy }) },
      );
      const text = reply.choices[0].message.content ?? "";
      const { provider, cache, latencyMs } = reply.route;
      const structuredContent = { text, provider, model: reply.route.model, cache: cache.status, latencyMs };
      return { content: [{ type: "text", text }], structuredContent };
    } catch (error) {
      if (!SignalboxError.isInstance(error)) throw error;
      return { isError: true, content: [{ type: "text", text: `${error.kind}: ${error.message}` }] };
    }
  },
);

const resource = (name: string, description: string, read: () => unknown): void => {
  server.registerResource(name, `signalbox://${name}`, { description, mimeType: "application/json" }, (uri) => ({
    contents: [{ uri: uri.href, mimeType: "application/json", text: JSON.stringify(read(), null, 2) }],
  }));
};
resource("stats", "Requests, latency, cost and savings since the start", () => router.stats());
resource("health", "How each model is doing now", () => router.health());

server.server.onclose = () => void router.close();
await server.connect(new StdioServerTransport());
