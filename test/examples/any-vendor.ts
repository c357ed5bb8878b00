import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const TEXT = "Because blue light scatters most.";
const USAGE = { prompt_tokens: 9, completion_tokens: 7, total_tokens: 16 };

/** Every vendor at once, on loopback: answers chat completions and Anthropic messages, whole and as streams. */
export async function startAnyVendor(): Promise<{ readonly url: string; close(): void }> {
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = JSON.parse(Buffer.concat(parts).toString() || "{}") as { stream?: boolean; model?: string };
    if (request.url?.endsWith("/messages")) asAnthropic(response, body.model);
    else if (body.stream) asStream(response, body.model);
    else asWhole(response, body.model);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function sendJson(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function asWhole(response: ServerResponse, model = "m"): void {
  const message = { role: "assistant", content: TEXT };
  const choices = [{ index: 0, message, finish_reason: "stop" }];
  sendJson(response, { id: "c1", object: "chat.completion", created: 1, model, choices, usage: USAGE });
}

function asStream(response: ServerResponse, model = "m"): void {
  const head = { id: "c1", object: "chat.completion.chunk", created: 1, model };
  const pieces = TEXT.split(" ").map((word) => ({ delta: { content: `${word} ` }, finish_reason: null }));
  const choices = [...pieces, { delta: {}, finish_reason: "stop" }].map((choice) => ({ index: 0, ...choice }));
  const events = choices.map((choice) => `data: ${JSON.stringify({ ...head, choices: [choice], usage: USAGE })}\n\n`);
  response.writeHead(200, { "content-type": "text/event-stream" }).end(`${events.join("")}data: [DONE]\n\n`);
}

function asAnthropic(response: ServerResponse, model = "m"): void {
  const content = [{ type: "text", text: TEXT }];
  const usage = { input_tokens: 9, output_tokens: 7 };
  sendJson(response, { id: "m1", type: "message", role: "assistant", model, content, stop_reason: "end_turn", usage });
}
