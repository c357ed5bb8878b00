import OpenAI from "openai";
import { createRouter, simulated } from "signalbox";
import { createFetch } from "signalbox/openai";

const router = createRouter({ providers: [simulated({ id: "demo", reply: "Hello from the router." })] });

// Everything written for the official SDK goes on working; nothing leaves the process but what the router sends.
const client = new OpenAI({ apiKey: "unused", fetch: createFetch(router) });
const messages = [{ role: "user" as const, content: "Hello?" }];

const { data, response } = await client.chat.completions.create({ model: "auto", messages }).withResponse();
console.log(data.choices[0]?.message.content);
console.log(`answered by ${response.headers.get("x-signalbox-provider")}/${response.headers.get("x-signalbox-model")}`);

const stream = await client.chat.completions.create({ model: "auto", messages, stream: true });
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? "");
console.log();

await router.close();
