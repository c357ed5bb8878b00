import OpenAI from "openai";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
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

export const openaiResponses: Client = {
  name: "openai, `.responses`",
  package: "openai",
  door: "openai: responses",
  open({ openai: baseURL }) {
    const { responses } = new OpenAI({ apiKey: "unused", baseURL });
    const say = (input: string) => ({ model: "auto", input });
    return {
      async chat() {
        expectEqual((await responses.create(say(SAY))).output_text, HELLO);
      },
      async stream() {
        const stream = responses.stream(say(SAY));
        let text = "";
        stream.on("response.output_text.delta", ({ delta }) => {
          text += delta;
        });
        expectEqual((await stream.finalResponse()).output_text, HELLO);
        expectEqual(text, HELLO);
      },
      async tools() {
        const parameters = { type: "object", properties: { a: { type: "number" }, b: { type: "number" } } };
        const tools = [{ type: "function" as const, name: "add", parameters, strict: false }];
        const first = await responses.create({ ...say(ADD), tools });
        const call = first.output.find(({ type }) => type === "function_call");
        if (call?.type !== "function_call") throw new Error("no call");
        const { a, b } = JSON.parse(call.arguments) as { a: number; b: number };
        const result = { type: "function_call_output" as const, call_id: call.call_id, output: String(a + b) };
        const asked = { model: "auto", tools, previous_response_id: first.id, input: [result] };
        expectEqual((await responses.create(asked)).output_text, SUM);
      },
      async structured() {
        const text = { format: zodTextFormat(City, "city") };
        expectEqual((await responses.parse({ ...say(CITY), text })).output_parsed, { city: "Bern", degrees: 7 });
      },
      abort: () => expectAbort((signal) => responses.create(say(WAIT), { signal })),
      error: () => expectRefusal(async () => responses.create(say(FAIL))),
    };
  },
};
