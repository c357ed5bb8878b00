import { OpenAI } from "@llamaindex/openai";
import { tool } from "llamaindex";
import { z } from "zod";
import { type Client, expectEqual, expectRefusal } from "../client.js";
import { ADD, CITY, FAIL, HELLO, SAY, SUM } from "../upstream.js";

const City = z.object({ city: z.string(), degrees: z.number() });
const asked = (content: string) => ({ messages: [{ role: "user" as const, content }] });

export const llamaindexClient: Client = {
  name: "LlamaIndex, @llamaindex/openai",
  package: "@llamaindex/openai",
  door: "openai: chat",
  open({ openai: baseURL }) {
    const llm = new OpenAI({ model: "auto", apiKey: "unused", baseURL, maxRetries: 0 });
    return {
      async chat() {
        expectEqual((await llm.chat(asked(SAY))).message.content, HELLO);
      },
      async stream() {
        let text = "";
        for await (const { delta } of await llm.chat({ ...asked(SAY), stream: true })) text += delta;
        expectEqual(text, HELLO);
      },
      async tools() {
        const add = tool({
          name: "add",
          description: "Adds",
          parameters: z.object({ a: z.number(), b: z.number() }) as never,
          execute: ({ a, b }: { a: number; b: number }) => String(a + b),
        });
        const first = await llm.chat({ ...asked(ADD), tools: [add] });
        const [call] = (first.message.options as { toolCall?: { id: string; input: never }[] }).toolCall ?? [];
        if (!call) throw new Error("no call");
        const input = typeof call.input === "string" ? JSON.parse(call.input) : call.input;
        const result = String(await add.call(input));
        const options = { toolResult: { id: call.id, result, isError: false } };
        const answer = { role: "user" as const, content: result, options };
        const last = await llm.chat({
          messages: [...asked(ADD).messages, first.message, answer] as never,
          tools: [add],
        });
        expectEqual(last.message.content, SUM);
      },
      async structured() {
        const last = await llm.chat({ ...asked(CITY), responseFormat: City as never });
        expectEqual(JSON.parse(String(last.message.content)), { city: "Bern", degrees: 7 });
      },
      error: () => expectRefusal(() => llm.chat(asked(FAIL))),
    };
  },
};
