// The programs of the design, as printed. Nothing here may be bent to make them compile.
import { createRouter, minimax, glm, kimi, type Message } from "signalbox";

const router = createRouter({
  providers: [minimax(), glm(), kimi()],   // keys from MINIMAX_API_KEY, ZAI_API_KEY, MOONSHOT_API_KEY unless given
  cache: { maxBytes: 64 * 1024 * 1024, ttlMs: 3_600_000 },
  strategy: "adaptive",
});

const messages: Message[] = [{ role: "user", content: "Why is the sky blue?" }];
const reply = await router.chat({ messages });
reply.choices[0].message.content;   // an OpenAI ChatCompletion ...
reply.route;                        // ... plus how it came about

const stream = router.stream({ messages });          // AsyncIterable of OpenAI chat.completion.chunk
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? "");
await stream.reply;                                  // the assembled reply; also stream.text(), stream.toResponse()

router.explain({ messages });
router.feedback(reply, { score: 0.9 });
router.on("attempt", (event) => {});                 // typed
router.stats(); router.health(); router.recommend();
const acme = router.with({ tenant: "acme" });        // a bound view that shares all state; itself a Provider
await router.close();                                // also Symbol.asyncDispose
