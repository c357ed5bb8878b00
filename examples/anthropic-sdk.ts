import Anthropic from "@anthropic-ai/sdk";
import { createRouter, simulated } from "signalbox";
import { createFetch } from "signalbox/anthropic";

const router = createRouter({ providers: [simulated({ id: "demo", reply: "Hello from the router." })] });

// Everything written for Anthropic's SDK goes on working, with any vendor behind it.
const client = new Anthropic({ apiKey: "unused", fetch: createFetch(router) });
const params = { model: "auto", max_tokens: 1_024, messages: [{ role: "user" as const, content: "Hello?" }] };

const { data, response } = await client.messages.create(params).withResponse();
console.log(data.content.map((block) => (block.type === "text" ? block.text : "")).join(""));
console.log(`answered by ${response.headers.get("x-signalbox-provider")}/${data.model}, ${data.stop_reason}`);

const stream = client.messages.stream(params).on("text", (text) => process.stdout.write(text));
const { usage } = await stream.finalMessage();
console.log(`\n${usage.output_tokens > 0 ? "usage told" : "no usage"}`);

await router.close();
