import { createServer } from "node:http";
import { Readable } from "node:stream";
import { createRouter, openaiCompatible, type Router } from "../../src/index.js";
import { createFetch as anthropicFetch } from "../../src/integrations/anthropic/index.js";
import { createFetch as openaiFetch } from "../../src/integrations/openai/index.js";

/** The doors on a real server, and the router behind them. */
export interface Doors {
  readonly router: Router;
  /** Base URL for clients of OpenAI's API, with `/v1`. */
  readonly openai: string;
  /** Base URL for clients of Anthropic's API, without `/v1`. */
  readonly anthropic: string;
  close(): Promise<void>;
}

export async function openDoors(baseURL: string): Promise<Doors> {
  const capabilities = { tools: true, vision: "url", thinking: "none", json: "schema" } as const;
  const model = { id: "vendor-1", contextWindow: 128_000, maxOutput: 8_000, usdPerMTok: null, capabilities };
  const router = createRouter({
    providers: [openaiCompatible({ id: "vendor", baseURL, apiKey: "k", models: [model] })],
  });
  const served = { openai: openaiFetch(router), anthropic: anthropicFetch(router) };
  const server = createServer(async (request, response) => {
    const leaving = new AbortController();
    response.on("close", () => leaving.abort());
    const answer = request.url?.startsWith("/anthropic") ? served.anthropic : served.openai;
    try {
      const { status, headers, body } = await answer(`http://router${request.url}`, {
        method: request.method ?? "GET",
        headers: request.headers as Record<string, string>,
        signal: leaving.signal,
        ...(request.method === "POST" ? { body: Readable.toWeb(request) as ReadableStream, duplex: "half" } : {}),
      } as RequestInit);
      response.writeHead(status, Object.fromEntries(headers));
      if (body) for await (const piece of body as unknown as AsyncIterable<Uint8Array>) response.write(piece);
      response.end();
    } catch {
      response.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  return {
    router,
    openai: `${origin}/openai/v1`,
    anthropic: `${origin}/anthropic`,
    async close() {
      server.closeAllConnections();
      server.close();
      await router.close();
    },
  };
}
