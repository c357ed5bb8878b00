import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import * as six from "ai";
import * as seven from "ai-7";
import { z } from "zod";
import { languageModel } from "../../../src/integrations/ai-sdk/index.js";
import { type Client, expectAbort, expectEqual, expectRefusal } from "../client.js";
import type { Doors } from "../doors.js";
import { ADD, CITY, FAIL, HELLO, SAY, SUM, WAIT } from "../upstream.js";

const City = z.object({ city: z.string(), degrees: z.number() });

/** The same for every major and every provider package: they differ in how the model is made. */
function client(
  named: Pick<Client, "name" | "package" | "door">,
  sdk: typeof six,
  modelOf: (doors: Doors) => six.LanguageModel,
): Client {
  return {
    ...named,
    open(doors) {
      const { generateText, streamText, Output, tool, stepCountIs } = sdk;
      const model = modelOf(doors);
      return {
        async chat() {
          expectEqual((await generateText({ model, prompt: SAY })).text, HELLO);
        },
        async stream() {
          expectEqual(await streamText({ model, prompt: SAY }).text, HELLO);
        },
        async tools() {
          const add = tool({
            description: "Adds",
            inputSchema: z.object({ a: z.number(), b: z.number() }),
            execute: async ({ a, b }) => a + b,
          });
          expectEqual((await generateText({ model, prompt: ADD, tools: { add }, stopWhen: stepCountIs(3) })).text, SUM);
        },
        async structured() {
          const output = Output.object({ schema: City });
          expectEqual((await generateText({ model, prompt: CITY, output })).output, { city: "Bern", degrees: 7 });
        },
        abort: () => expectAbort((abortSignal) => generateText({ model, prompt: WAIT, abortSignal })),
        error: () => expectRefusal(() => generateText({ model, prompt: FAIL })),
      };
    },
  };
}

export const aiSdk6 = client({ name: "ai 6", package: "ai", door: "ai-sdk" }, six, ({ router }) =>
  languageModel(router),
);

export const aiSdk7 = client(
  { name: "ai 7", package: "ai-7", door: "ai-sdk" },
  seven as unknown as typeof six,
  ({ router }) => languageModel(router),
);

export const aiSdkOpenai = client(
  { name: "@ai-sdk/openai, `.chat()`", package: "@ai-sdk/openai", door: "openai: chat" },
  six,
  ({ openai: baseURL }) => createOpenAI({ apiKey: "unused", baseURL }).chat("auto"),
);

export const aiSdkResponses = client(
  { name: "@ai-sdk/openai", package: "@ai-sdk/openai", door: "openai: responses" },
  six,
  ({ openai: baseURL }) => createOpenAI({ apiKey: "unused", baseURL })("auto"),
);

export const aiSdkCompatible = client(
  { name: "@ai-sdk/openai-compatible", package: "@ai-sdk/openai-compatible", door: "openai: chat" },
  six,
  ({ openai: baseURL }) =>
    createOpenAICompatible({ name: "signalbox", baseURL, supportsStructuredOutputs: true })("auto"),
);

export const aiSdkAnthropic = client(
  { name: "@ai-sdk/anthropic", package: "@ai-sdk/anthropic", door: "anthropic" },
  six,
  ({ anthropic }) => createAnthropic({ apiKey: "unused", baseURL: `${anthropic}/v1` })("auto"),
);
