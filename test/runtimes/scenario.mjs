/**
 * What an app does, by nothing but what every web platform has. `base` is the loopback server of run.mjs.
 * Throws if an answer is not as it should be; resolves with "ok".
 */
export async function scenario({ createRouter, openaiCompatible, SignalboxError }, base) {
  const provider = (id) => openaiCompatible({ id, baseURL: `${base}/${id}`, apiKey: `key-of-${id}`, models: ["m"] });
  const providers = [provider("bad"), provider("good"), provider("slow")];
  const router = createRouter({ providers, strategy: "ordered", cache: { ttlMs: 60_000 } });
  const ask = (content) => ({ messages: [{ role: "user", content }] });
  const check = (holds, what) => {
    if (!holds) throw new Error(`wrong: ${what}`);
  };

  const reply = await router.chat(ask("failover"), { allow: ["bad", "good"] });
  check(reply.choices[0].message.content === "The line is clear. 🚂", "chat");
  check(reply.route.provider === "good" && reply.route.attempts.length === 2, "failover");
  const again = await router.chat(ask("failover"), { allow: ["bad", "good"] });
  check(again.route.cache.status === "hit", "cache");

  let text = "";
  for await (const chunk of router.stream(ask("stream"), { allow: ["good"] })) {
    text += chunk.choices[0]?.delta.content ?? "";
  }
  check(text === "The line is clear. 🚂", "stream");

  const leaving = new AbortController();
  setTimeout(() => leaving.abort(), 30);
  const left = await router.chat(ask("abort"), { allow: ["slow"], signal: leaving.signal }).catch((error) => error);
  check(SignalboxError.isInstance(left) && left.kind === "cancelled", "abort");

  const response = await router.stream(ask("response"), { allow: ["good"] }).toResponse();
  const body = await response.text();
  check(response.headers.get("content-type")?.startsWith("text/event-stream"), "toResponse: content type");
  check(body.includes("clear") && body.trimEnd().endsWith("data: [DONE]"), "toResponse: events");

  await router.close();
  return "ok";
}
