import {
  Agent,
  type Model,
  OpenAIChatCompletionsModel,
  OpenAIProvider,
  Runner,
  setTracingDisabled,
  tool,
} from "@openai/agents";
import OpenAI from "openai";
import { z } from "zod";
import { type Client, expectAbort, expectEqual, expectRefusal } from "../client.js";
import { ADD, CITY, FAIL, HELLO, SAY, SUM, WAIT } from "../upstream.js";

const City = z.object({ city: z.string(), degrees: z.number() });

export const agents = client("@openai/agents, chat completions", "openai: chat", (baseURL) => {
  return new OpenAIChatCompletionsModel(new OpenAI({ apiKey: "unused", baseURL }) as never, "auto");
});

export const agentsResponses = client("@openai/agents", "openai: responses", (baseURL) => {
  return new OpenAIProvider({ apiKey: "unused", baseURL }).getModel("auto");
});

function client(name: string, door: Client["door"], modelOf: (baseURL: string) => Model | Promise<Model>): Client {
  return { name, package: "@openai/agents", door, open: async ({ openai }) => casesOf(await modelOf(openai)) };
}

function casesOf(model: Model): Awaited<ReturnType<Client["open"]>> {
  setTracingDisabled(true);
  const runner = new Runner({ tracingDisabled: true });
  const agent = new Agent({ name: "agent", model });
  const add = tool({
    name: "add",
    description: "Adds",
    parameters: z.object({ a: z.number(), b: z.number() }),
    execute: async ({ a, b }) => String(a + b),
  });
  return {
    async chat() {
      expectEqual((await runner.run(agent, SAY)).finalOutput, HELLO);
    },
    async stream() {
      const result = await runner.run(agent, SAY, { stream: true });
      let text = "";
      for await (const piece of result.toTextStream()) text += piece;
      expectEqual(text, HELLO);
    },
    async tools() {
      expectEqual((await runner.run(new Agent({ name: "agent", model, tools: [add] }), ADD)).finalOutput, SUM);
    },
    async structured() {
      const typed = new Agent({ name: "agent", model, outputType: City });
      expectEqual((await runner.run(typed, CITY)).finalOutput, { city: "Bern", degrees: 7 });
    },
    abort: () => expectAbort((signal) => runner.run(agent, WAIT, { signal })),
    error: () => expectRefusal(() => runner.run(agent, FAIL)),
  };
}
