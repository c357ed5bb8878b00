import { generateText, streamText } from "ai";
import { createRouter, simulated } from "signalbox";
import { languageModel } from "signalbox/ai-sdk";

const router = createRouter({ providers: [simulated({ id: "demo", reply: "Hello from the router." })] });

const { text, providerMetadata } = await generateText({ model: languageModel(router), prompt: "Hello?" });
console.log(text);
console.log(providerMetadata?.signalbox);

const { textStream } = streamText({ model: languageModel(router), prompt: "Hello?" });
for await (const piece of textStream) process.stdout.write(piece);
console.log();

await router.close();
