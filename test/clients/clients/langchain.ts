import { ChatAnthropic } from "@langchain/anthropic";
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { HumanMessage, ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import { z } from "zod";
import { type Client, expectAbort, expectEqual, expectRefusal } from "../client.js";
import type { Doors } from "../doors.js";
import { ADD, CITY, FAIL, HELLO, SAY, SUM, WAIT } from "../upstream.js";

const City = z.object({ city: z.string(), degrees: z.number() });

function client(named: Pick<Client, "name" | "package" | "door">, modelOf: (doors: Doors) => BaseChatModel): Client {
  return {
    ...named,
    open(doors) {
      const model = modelOf(doors);
      return {
        async chat() {
          expectEqual((await model.invoke(SAY)).text, HELLO);
        },
        async stream() {
          let text = "";
          for await (const chunk of await model.stream(SAY)) text += chunk.text;
          expectEqual(text, HELLO);
        },
        async tools() {
          const add = tool(async ({ a, b }) => String(a + b), {
            name: "add",
            description: "Adds",
            schema: z.object({ a: z.number(), b: z.number() }),
          });
          const bound = model.bindTools?.([add]);
          const first = await bound?.invoke(ADD);
          const [call] = first?.tool_calls ?? [];
          if (!first || !call) throw new Error("no call");
          const result = new ToolMessage({
            content: await add.invoke(call.args as never),
            tool_call_id: call.id ?? "",
          });
          expectEqual((await bound?.invoke([new HumanMessage(ADD), first, result]))?.text, SUM);
        },
        async structured() {
          expectEqual(await model.withStructuredOutput(City).invoke(CITY), { city: "Bern", degrees: 7 });
        },
        abort: () => expectAbort((signal) => model.invoke(WAIT, { signal })),
        error: () => expectRefusal(() => model.invoke(FAIL)),
      };
    },
  };
}

export const langchainOpenai = client(
  { name: "@langchain/openai", package: "@langchain/openai", door: "openai: chat" },
  ({ openai: baseURL }) => new ChatOpenAI({ model: "auto", apiKey: "unused", configuration: { baseURL } }),
);

export const langchainResponses = client(
  { name: "@langchain/openai, `useResponsesApi`", package: "@langchain/openai", door: "openai: responses" },
  ({ openai: baseURL }) =>
    new ChatOpenAI({ model: "auto", apiKey: "unused", useResponsesApi: true, configuration: { baseURL } }),
);

export const langchainAnthropic = client(
  { name: "@langchain/anthropic", package: "@langchain/anthropic", door: "anthropic" },
  ({ anthropic }) => new ChatAnthropic({ model: "auto", apiKey: "unused", anthropicApiUrl: anthropic }),
);
