import { openAICompatible } from "@genkit-ai/compat-oai";
import { genkit, z } from "genkit";
import { type Client, expectAbort, expectEqual, expectRefusal } from "../client.js";
import { ADD, CITY, FAIL, HELLO, SAY, SUM, WAIT } from "../upstream.js";

export const genkitClient: Client = {
  name: "Genkit, @genkit-ai/compat-oai",
  package: "genkit",
  door: "openai: chat",
  open({ openai: baseURL }) {
    const ai = genkit({ plugins: [openAICompatible({ name: "router", apiKey: "unused", baseURL })] });
    const model = "router/auto";
    return {
      async chat() {
        expectEqual((await ai.generate({ model, prompt: SAY })).text, HELLO);
      },
      async stream() {
        const { stream, response } = ai.generateStream({ model, prompt: SAY });
        let text = "";
        for await (const chunk of stream) text += chunk.text;
        await response;
        expectEqual(text, HELLO);
      },
      async tools() {
        const add = ai.defineTool(
          {
            name: "add",
            description: "Adds",
            inputSchema: z.object({ a: z.number(), b: z.number() }),
            outputSchema: z.number(),
          },
          async ({ a, b }) => a + b,
        );
        expectEqual((await ai.generate({ model, prompt: ADD, tools: [add] })).text, SUM);
      },
      async structured() {
        const schema = z.object({ city: z.string(), degrees: z.number() });
        expectEqual((await ai.generate({ model, prompt: CITY, output: { schema } })).output, {
          city: "Bern",
          degrees: 7,
        });
      },
      abort: () => expectAbort((abortSignal) => ai.generate({ model, prompt: WAIT, abortSignal })),
      error: () => expectRefusal(() => ai.generate({ model, prompt: FAIL })),
    };
  },
};
