// What outsiders build around a provider: its `chat` is always there, and its context may be copied.
import { type CallContext, createReply, createRouter, type ModelInfo, type Provider, type StreamOnlyProvider } from "signalbox";

const model: ModelInfo = {
  id: "m", contextWindow: 8_000, maxOutput: 1_000, usdPerMTok: null,
  capabilities: { tools: false, vision: false, thinking: "none", json: "none" },
};
const heard: string[] = [];
const spied = (inner: Provider): Provider => ({
  ...inner,
  id: `${inner.id}-spied`,
  chat: async (request, context) => {
    heard.push(context.requestId);
    const passed: CallContext = { ...context };
    return { ...(await inner.chat({ ...request }, passed)) };
  },
});
const whole: Provider = { id: "whole", models: [model], chat: async () => createReply({ text: "whole", model: "m" }) };
const streams: StreamOnlyProvider = {
  id: "streams",
  models: [model],
  async *stream() {
    const head = { id: "c-1", object: "chat.completion.chunk", created: 1, model: "m" } as const;
    yield { ...head, choices: [{ index: 0, delta: { role: "assistant", content: "streamed" }, finish_reason: null }] };
    yield { ...head, choices: [{ index: 0, delta: {}, finish_reason: "stop" }] };
  },
};
const nested = createRouter({ id: "nested", providers: [streams] });
const router = createRouter({ providers: [spied(whole), streams, spied(nested), spied(nested.with({ tenant: "acme" }))].slice(0, 3) });

export const texts: (string | null)[] = [];
for (const provider of ["whole-spied", "streams", "nested-spied"]) {
  const reply = await router.chat({ messages: [{ role: "user", content: "hi" }] }, { allow: [provider] });
  texts.push(reply.choices[0].message.content);
}
export const spiedOn = heard.length;
