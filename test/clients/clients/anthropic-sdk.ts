import Anthropic from "@anthropic-ai/sdk";
import { betaZodTool } from "@anthropic-ai/sdk/helpers/beta/zod";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { z } from "zod";
import { type Client, expectAbort, expectEqual, expectRefusal } from "../client.js";
import { ADD, CITY, FAIL, HELLO, SAY, SUM, WAIT } from "../upstream.js";

const City = z.object({ city: z.string(), degrees: z.number() });
const asked = (content: string) => ({
  model: "auto",
  max_tokens: 1_000,
  messages: [{ role: "user" as const, content }],
});
const textOf = (message: { content: readonly { type: string }[] }): string =>
  message.content.map((block) => (block.type === "text" ? (block as Anthropic.TextBlock).text : "")).join("");

export const anthropicSdk: Client = {
  name: "@anthropic-ai/sdk",
  package: "@anthropic-ai/sdk",
  door: "anthropic",
  open({ anthropic: baseURL }) {
    const { messages, beta } = new Anthropic({ apiKey: "unused", baseURL });
    return {
      async chat() {
        expectEqual(textOf(await messages.create(asked(SAY))), HELLO);
      },
      async stream() {
        expectEqual(await messages.stream(asked(SAY)).finalText(), HELLO);
      },
      async tools() {
        const add = betaZodTool({
          name: "add",
          description: "Adds",
          inputSchema: z.object({ a: z.number(), b: z.number() }),
          run: ({ a, b }) => String(a + b),
        });
        expectEqual(textOf(await beta.messages.toolRunner({ ...asked(ADD), tools: [add] })), SUM);
      },
      async structured() {
        const format = { ...asked(CITY), output_config: { format: zodOutputFormat(City) } };
        expectEqual((await messages.parse(format)).parsed_output, { city: "Bern", degrees: 7 });
      },
      abort: () => expectAbort((signal) => messages.create(asked(WAIT), { signal })),
      error: () => expectRefusal(async () => messages.create(asked(FAIL))),
    };
  },
};
