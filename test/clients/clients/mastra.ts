import { Agent } from "@mastra/core/agent";
import { createTool } from "@mastra/core/tools";
import { z } from "zod";
import { languageModel } from "../../../src/integrations/ai-sdk/index.js";
import { type Client, expectAbort, expectEqual, expectRefusal } from "../client.js";
import { ADD, CITY, FAIL, HELLO, SAY, SUM, WAIT } from "../upstream.js";

const City = z.object({ city: z.string(), degrees: z.number() });

export const mastraClient: Client = {
  name: "Mastra",
  package: "@mastra/core",
  door: "ai-sdk",
  open({ router }) {
    const model = languageModel(router) as never;
    const shape = { id: "agent", name: "agent", instructions: "Answer.", model, maxRetries: 0 };
    const agent = new Agent(shape);
    return {
      async chat() {
        expectEqual((await agent.generate(SAY)).text, HELLO);
      },
      async stream() {
        expectEqual(await (await agent.stream(SAY)).text, HELLO);
      },
      async tools() {
        const add = createTool({
          id: "add",
          description: "Adds",
          inputSchema: z.object({ a: z.number(), b: z.number() }),
          execute: async ({ a, b }: { a: number; b: number }) => ({ sum: a + b }),
        });
        expectEqual((await new Agent({ ...shape, tools: { add } }).generate(ADD)).text, SUM);
      },
      async structured() {
        const { object } = await agent.generate(CITY, { structuredOutput: { schema: City } });
        expectEqual(object, { city: "Bern", degrees: 7 });
      },
      abort: () =>
        expectAbort(async (abortSignal) => {
          await agent.generate(WAIT, { abortSignal });
          abortSignal.throwIfAborted();
        }),
      error: () => expectRefusal(() => agent.generate(FAIL)),
    };
  },
};
