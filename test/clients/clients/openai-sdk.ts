import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";
import { type Client, expectAbort, expectEqual, expectRefusal } from "../client.js";
import { ADD, CITY, FAIL, HELLO, SAY, SUM, WAIT } from "../upstream.js";

const City = z.object({ city: z.string(), degrees: z.number() });
const asked = (content: string) => ({ model: "auto", messages: [{ role: "user" as const, content }] });

export const openaiSdk: Client = {
  name: "openai",
  package: "openai",
  door: "openai: chat",
  open({ openai: baseURL }) {
    const { completions } = new OpenAI({ apiKey: "unused", baseURL }).chat;
    return {
      async chat() {
        expectEqual((await completions.create(asked(SAY))).choices[0]?.message.content, HELLO);
      },
      async stream() {
        let text = "";
        for await (const chunk of await completions.create({ ...asked(SAY), stream: true })) {
          text += chunk.choices[0]?.delta.content ?? "";
        }
        expectEqual(text, HELLO);
      },
      async tools() {
        const runner = completions.runTools({
          ...asked(ADD),
          tools: [
            {
              type: "function",
              function: {
                name: "add",
                description: "Adds",
                parameters: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } } },
                parse: JSON.parse,
                function: ({ a, b }: { a: number; b: number }) => String(a + b),
              },
            },
          ],
        });
        expectEqual(await runner.finalContent(), SUM);
      },
      async structured() {
        const format = { ...asked(CITY), response_format: zodResponseFormat(City, "city") };
        expectEqual((await completions.parse(format)).choices[0]?.message.parsed, { city: "Bern", degrees: 7 });
      },
      abort: () => expectAbort((signal) => completions.create(asked(WAIT), { signal })),
      error: () => expectRefusal(async () => completions.create(asked(FAIL))),
    };
  },
};
