import { createRouter, type Message, simulated } from "signalbox";

const router = createRouter({
  providers: [simulated({ id: "demo", reply: "One, two, three, four, five.", ttftMs: 5, tokensPerSecond: 500 })],
});
const messages: Message[] = [{ role: "user", content: "Count to five." }];

// Text as it arrives, then the whole reply with its usage and route.
const stream = router.stream({ messages });
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? "");
const reply = await stream.reply;
console.log(`\n${reply.usage.completion_tokens} tokens, first after ${Math.round(reply.route.ttftMs ?? 0)} ms`);

// Only the text, once it is whole.
console.log(await router.stream({ messages }).text());

// Leaving early stops the upstream call.
for await (const _chunk of router.stream({ messages })) break;
console.log("left early");

// What an HTTP handler returns: server-sent events in OpenAI's shape.
const response = await router.stream({ messages }).toResponse();
console.log(response.headers.get("content-type"), (await response.text()).endsWith("data: [DONE]\n\n"));

await router.close();
