import { createRouter, glm, kimi, type Message, minimax, simulated } from "signalbox";

// With a key in MINIMAX_API_KEY, ZAI_API_KEY or MOONSHOT_API_KEY the real vendors answer; without one, a simulated one.
const keyed = ["MINIMAX_API_KEY", "ZAI_API_KEY", "MOONSHOT_API_KEY"].some((name) => process.env[name]);
const router = createRouter({
  providers: keyed
    ? [minimax(), glm(), kimi()]
    : [simulated({ id: "demo", reply: "Because blue light scatters most." })],
});

const messages: Message[] = [{ role: "user", content: "Why is the sky blue?" }];
const reply = await router.chat({ messages });

console.log(reply.choices[0].message.content);
console.log(
  `${reply.route.provider}/${reply.route.model} in ${Math.round(reply.route.latencyMs)} ms: ${reply.route.reasons.join("; ")}`,
);

await router.close();
