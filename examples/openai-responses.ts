import OpenAI from "openai";
import { createRouter, simulated } from "signalbox";
import { createFetch } from "signalbox/openai";

const router = createRouter({
  providers: [simulated({ id: "demo", reply: ({ messages }) => `I have read ${messages.length} messages.` })],
});

// The Responses API in front of any vendor. The router remembers answers as conversations, so one can be gone on from.
const client = new OpenAI({ apiKey: "unused", fetch: createFetch(router) });
const first = await client.responses.create({ model: "auto", input: "Hello?" });
const second = await client.responses.create({ model: "auto", input: "And now?", previous_response_id: first.id });

console.log(first.output_text);
console.log(second.output_text);

const stream = client.responses.stream({ model: "auto", input: "Hello?", store: false });
stream.on("response.output_text.delta", ({ delta }) => process.stdout.write(delta));
await stream.finalResponse();
console.log();

await router.close();
