import { createReply, createRouter, type Provider, simulated } from "signalbox";

const capabilities = { tools: false, vision: false, thinking: "none", json: "none" } as const;

// Whatever answers a chat. `stream` is derived from `chat`; a thrown value is classified like any vendor's.
const echo: Provider = {
  id: "echo",
  models: [{ id: "echo-1", contextWindow: 8_000, maxOutput: 1_000, usdPerMTok: null, capabilities }],
  chat: async (request, { signal }) => {
    signal.throwIfAborted();
    return createReply({ model: "echo-1", text: `You said: ${String(request.messages.at(-1)?.content)}` });
  },
};

const router = createRouter({ providers: [echo, simulated({ id: "spare" })], strategy: "ordered" });
const messages = [{ role: "user" as const, content: "Hello" }];

const reply = await router.chat({ messages });
console.log(reply.choices[0].message.content);
console.log(`streamed: ${await router.stream({ messages }).text()}`);

// The echo cannot use tools, so a request with tools never reaches it.
const tools = [{ type: "function" as const, function: { name: "now" } }];
const { candidates, excluded } = router.explain({ messages, tools });
console.log(
  candidates.map(({ id }) => id),
  excluded,
);

await router.close();
