import { createServer } from "node:http";

const WORDS = ["The line ", "is clear. ", "🚂"];

/** A loopback server with three providers: /bad fails, /good answers, /slow never does. Browsers may ask it too. */
export async function startUpstream() {
  const server = createServer(async (request, response) => {
    const provider = request.url.split("/")[1];
    if (provider === "slow") return;
    let body = "";
    for await (const piece of request) body += piece;
    if (provider === "bad") return response.writeHead(500).end('{"error":{"message":"down"}}');
    if (!JSON.parse(body).stream) {
      const message = { role: "assistant", content: WORDS.join("") };
      const choices = [{ index: 0, message, finish_reason: "stop" }];
      return response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ choices }));
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const content of WORDS) {
      response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const choices = [{ index: 0, delta: {}, finish_reason: "stop" }];
    response.end(`data: ${JSON.stringify({ choices })}\n\ndata: [DONE]\n\n`);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    base: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
