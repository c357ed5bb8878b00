import { createServer, type Server } from "node:http";
import Anthropic from "@anthropic-ai/sdk";
import express from "express";
import fastify from "fastify";
import OpenAI from "openai";
import type { Router } from "../../../src/index.js";
import { createFetch as anthropicFetch } from "../../../src/integrations/anthropic/index.js";
import { createFetch, toNodeListener } from "../../../src/integrations/openai/index.js";
import { type Client, expectAbort, expectEqual, expectRefusal } from "../client.js";
import { FAIL, HELLO, SAY, WAIT } from "../upstream.js";
import { openaiSdk } from "./openai-sdk.js";

/** Serves both doors from one server, and gives its origin. */
type Serve = (router: Router) => Promise<string>;

function originOf(server: Server): string {
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
}

const withExpress =
  (parsed: boolean): Serve =>
  async (router) => {
    const app = express();
    // A body parser in front of a door reads the body; the door takes it from there.
    if (parsed) app.use(express.json());
    app.use("/openai/v1", toNodeListener(createFetch(router)));
    app.use("/anthropic", toNodeListener(anthropicFetch(router)));
    const server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return originOf(server);
  };

const withFastify: Serve = async (router) => {
  const app = fastify();
  app.all("/openai/v1/*", toNodeListener(createFetch(router)));
  app.all("/anthropic/*", toNodeListener(anthropicFetch(router)));
  await app.listen({ port: 0, host: "127.0.0.1" });
  return originOf(app.server);
};

/** The SDKs against a server of this kind: both OpenAI APIs and Anthropic's. */
function served(name: string, packageName: string, serve: Serve): Client {
  return {
    name,
    package: packageName,
    door: "all three, `toNodeListener`",
    async open(doors) {
      const origin = await serve(doors.router);
      const baseURL = `${origin}/openai/v1`;
      const openai = new OpenAI({ apiKey: "unused", baseURL });
      const anthropic = new Anthropic({ apiKey: "unused", baseURL: `${origin}/anthropic` });
      const chat = (content: string) => ({ model: "auto", messages: [{ role: "user" as const, content }] });
      const message = (content: string) => ({ ...chat(content), max_tokens: 1_000 });
      const cases = await openaiSdk.open({ ...doors, openai: baseURL });
      return {
        ...cases,
        async chat() {
          await cases.chat?.();
          expectEqual((await openai.responses.create({ model: "auto", input: SAY })).output_text, HELLO);
          const { content } = await anthropic.messages.create(message(SAY));
          expectEqual(content, [{ type: "text", text: HELLO }]);
        },
        async stream() {
          await cases.stream?.();
          const stream = openai.responses.stream({ model: "auto", input: SAY });
          expectEqual((await stream.finalResponse()).output_text, HELLO);
          expectEqual(await anthropic.messages.stream(message(SAY)).finalText(), HELLO);
        },
        async abort() {
          const create = openai.chat.completions.create.bind(openai.chat.completions);
          await expectAbort((signal) => create(chat(WAIT), { signal }));
          await expectAbort((signal) => create({ ...chat(WAIT), stream: true }, { signal }));
        },
        error: () => expectRefusal(async () => openai.chat.completions.create({ ...chat(FAIL), stream: true })),
      };
    },
  };
}

export const plainExpress: Client = served("Express", "express", withExpress(false));
export const parsedExpress: Client = served("Express after `express.json()`", "express", withExpress(true));
export const plainFastify: Client = served("Fastify", "fastify", withFastify);
