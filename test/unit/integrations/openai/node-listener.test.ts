import { createServer, request as httpRequest, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import OpenAI from "openai";
import { afterEach, describe, expect, it } from "vitest";
import { createFetch, toNodeListener } from "../../../../src/integrations/openai/index.js";
import { deltaChunk, says, scripted } from "../support.js";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const clientFor = (url: string): OpenAI => new OpenAI({ apiKey: "unused", baseURL: `${url}/v1`, maxRetries: 0 });
const asked = { model: "auto", messages: [{ role: "user" as const, content: "Grüße 🚂" }] };

describe("toNodeListener", () => {
  it("serves a door over http, whole and streamed", async () => {
    const provider = scripted(() => says("Hällo 🚂"));
    const client = clientFor(await serve(toNodeListener(createFetch(provider))));
    expect((await client.chat.completions.create(asked)).choices[0]?.message.content).toBe("Hällo 🚂");
    expect(provider.seen.requests[0]?.messages).toEqual(asked.messages);
    const texts: string[] = [];
    for await (const chunk of await client.chat.completions.create({ ...asked, stream: true })) {
      texts.push(chunk.choices[0]?.delta.content ?? "");
    }
    expect(texts.join("")).toBe("Hällo 🚂");
    expect((await client.responses.create({ model: "auto", input: "x" })).output_text).toBe("Hällo 🚂");
    expect((await client.models.list()).data.map(({ id }) => id)).toContain("m1");
    await expect(client.responses.retrieve("resp_1")).rejects.toMatchObject({ status: 404 });
  });

  it("takes a body that a parser has read, as Express leaves it", async () => {
    const listener = toNodeListener(createFetch(scripted(() => says("Hi"))));
    const url = await serve(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString();
      await listener(Object.assign(request, { body: JSON.parse(body) as unknown, originalUrl: request.url }), response);
    });
    expect((await clientFor(url).chat.completions.create(asked)).choices[0]?.message.content).toBe("Hi");
  });

  it("takes what Fastify hands over", async () => {
    const listener = toNodeListener(createFetch(scripted(() => says("Hi"))));
    let hijacked = 0;
    const url = await serve(async (raw, response) => {
      const body: unknown = JSON.parse(Buffer.concat(await raw.toArray()).toString());
      await listener({ raw, body }, { raw: response, hijack: () => hijacked++ });
    });
    expect((await clientFor(url).chat.completions.create(asked)).choices[0]?.message.content).toBe("Hi");
    expect(hijacked).toBe(1);
  });

  it("a client that leaves ends the call", async () => {
    const provider = scripted(() => says(""), {
      chunks: () => Array.from({ length: 100_000 }, () => deltaChunk({ content: "on and on " })),
    });
    const url = await serve(toNodeListener(createFetch(provider)));
    const sent = httpRequest(`${url}/v1/chat/completions`, { method: "POST" });
    sent.on("response", (response) => response.once("data", () => sent.destroy()));
    sent.on("error", () => {});
    sent.end(JSON.stringify({ ...asked, stream: true }));
    await expect.poll(() => provider.seen.left, { timeout: 5_000 }).toBe(1);
  });

  it("a fetch that throws is a 500", async () => {
    const url = await serve(toNodeListener(async () => Promise.reject(new Error("no"))));
    expect((await fetch(url)).status).toBe(500);
  });
});
