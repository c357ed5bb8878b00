import createInstructor from "@instructor-ai/instructor";
import OpenAI from "openai";
import { z } from "zod/v3";
import { type Client, expectEqual, expectRefusal } from "../client.js";
import { CITY, FAIL } from "../upstream.js";

const City = z.object({ city: z.string(), degrees: z.number() });

export const instructorClient: Client = {
  name: "instructor",
  package: "@instructor-ai/instructor",
  door: "openai: chat",
  open({ openai: baseURL }) {
    const client = createInstructor({ client: new OpenAI({ apiKey: "unused", baseURL }) as never, mode: "TOOLS" });
    const extract = (content: string) =>
      client.chat.completions.create({
        model: "auto",
        messages: [{ role: "user", content }],
        response_model: { schema: City as never, name: "City" },
        max_retries: 0,
      });
    return {
      async structured() {
        const { city, degrees } = (await extract(CITY)) as z.infer<typeof City>;
        expectEqual({ city, degrees }, { city: "Bern", degrees: 7 });
      },
      error: () => expectRefusal(() => extract(FAIL) as Promise<unknown>),
    };
  },
};
