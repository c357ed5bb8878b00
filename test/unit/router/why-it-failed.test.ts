import { inspect } from "node:util";
import { type Attempt, createRouter, openaiCompatible, SignalboxError } from "signalbox";
import { afterEach, describe, expect, test } from "vitest";
import { chunk, json, sse, startLoopback, whole } from "../vendors/loopback.js";
import { ask, double, failing, model } from "./doubles.js";

// Who has to repair something reads the error, the events and the route: each says why a call failed, in one line.

const one = await startLoopback();
const two = await startLoopback();
const three = await startLoopback();
afterEach(() => {
  for (const server of [one, two, three]) server.seen.length = 0;
});

const KEY = "sk-live-0123456789abcdef";
const at = (id: string, { url }: { readonly url: string }) =>
  openaiCompatible({ id, baseURL: `${url}/v1`, models: [model()], apiKey: KEY });
const refusal = (status: number, message: string, code: string, headers: { [name: string]: string } = {}) =>
  json({ error: { message, code } }, status, headers);
const answer = json(whole({ role: "assistant", content: "hello" }));

async function errorOf(work: Promise<unknown>): Promise<SignalboxError> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!SignalboxError.isInstance(thrown)) throw new Error("it did not fail");
  return thrown;
}

describe("a call that failed tells why, and under which id the vendor knows it", () => {
  test.each(["x-request-id", "request-id", "apim-request-id", "x-amzn-requestid", "cf-ray"])(
    "%s is read, whichever way the call ends",
    async (name) => {
      one.answer(
        refusal(503, "The model is busy,\nincident 4711", "overloaded", { [name]: "req_7", "retry-after": "2" }),
      );
      two.answer(answer);
      const router = createRouter({ providers: [at("one", one), at("two", two)], strategy: "ordered" });
      const seen: Attempt[] = [];
      router.on("attempt", (event) => seen.push(event));
      const { route } = await router.chat(ask("x"));
      const told = {
        message: "one/m: the vendor has no capacity now (HTTP 503, code overloaded): The model is busy, incident 4711",
        upstreamRequestId: "req_7",
        retryAfterMs: 2_000,
      };
      expect(route.attempts[0]).toMatchObject({ provider: "one", outcome: "overloaded", ...told });
      expect(seen[0]).toMatchObject(told);
      expect(route.attempts[1]).toMatchObject({ message: undefined, upstreamRequestId: undefined });
    },
  );

  test("an answer that this side refuses has its vendor's id, too", async () => {
    one.answer(json("<html>welcome to our proxy</html>", 200, { "x-request-id": "req_8" }));
    const router = createRouter({ providers: [at("one", one)], retry: { attempts: 1 } });
    expect((await errorOf(router.chat(ask("x")))).attempts[0]).toMatchObject({ upstreamRequestId: "req_8" });
  });

  test("neither a key nor the prompt is in it", async () => {
    const secret = "the launch code of the submarine is 8472";
    const words = `Key ${KEY} may not ask "${secret}"`;
    one.answer(refusal(500, words, "oops", { "x-request-id": KEY }));
    const router = createRouter({ providers: [at("one", one)], retry: { attempts: 1 } });
    const seen: unknown[] = [];
    for (const name of ["attempt", "done", "warning"] as const) router.on(name, (event) => seen.push(event));
    const error = await errorOf(router.chat(ask(secret)));
    const shown = JSON.stringify([seen, error]) + inspect(error) + error.stack;
    expect(shown).toContain("may not ask");
    expect(shown).not.toContain("0123456789abcdef");
    expect(shown).not.toContain("launch code");
  });
});

describe("a message after several failed calls names all of them", () => {
  const failover = async () => {
    one.answer(refusal(429, "Slow down", "rate_limit_exceeded"));
    two.answer(json("<html>oops</html>", 500));
    three.answer(refusal(401, `Incorrect API key provided: ${KEY}`, "invalid_api_key"));
    const providers = [at("one", one), at("two", two), at("three", three)];
    const router = createRouter({ providers, strategy: "ordered", retry: { attempts: 4, baseMs: 1 } });
    return errorOf(router.chat(ask("x")));
  };

  test("a refused key stands before what passes by itself, repeated calls are counted", async () => {
    const { message, kind, attempts } = await failover();
    expect(attempts).toHaveLength(4);
    expect(kind).toBe(attempts.at(-1)?.outcome);
    expect(message).toMatch(
      /^All calls failed: three\/m: the key was refused .*; one\/m: too many .*; two\/m: the vendor/,
    );
    expect(message).toContain("(2 times)");
  });

  test("a single failure keeps its own message, and so does one who left", async () => {
    one.answer(refusal(400, "no such field", "bad"));
    const router = createRouter({ providers: [at("one", one), at("two", two)], strategy: "ordered" });
    expect((await errorOf(router.chat(ask("x")))).message).toMatch(/^one\/m: the request is wrong/);
    expect((await errorOf(router.chat(ask("x"), { signal: AbortSignal.abort() }))).message).not.toContain("failed");
  });

  test("a deadline that passes names the calls before it", async () => {
    const slow = { ...double("slow"), chat: () => new Promise<never>(() => {}) };
    const router = createRouter({ providers: [double("a", { fail: () => failing() }), slow], strategy: "ordered" });
    const { kind, message } = await errorOf(router.chat(ask("x"), { timeoutMs: 30 }));
    expect(kind).toBe("timeout");
    expect(message).toContain("a/m: fails with server");
  });

  test("a stream that is cut says so first", async () => {
    one.answer(refusal(500, "sorry", "oops"));
    two.answer(sse([chunk({ content: "Hel" })], { done: false }));
    const router = createRouter({ providers: [at("one", one), at("two", two)], strategy: "ordered" });
    const { kind, message, partial } = await errorOf(router.stream(ask("x")).reply);
    expect({ kind, partial }).toMatchObject({ kind: "stream_interrupted", partial: { text: "Hel" } });
    expect(message).toMatch(/^The answer was cut: .*; before that: one\/m: the vendor failed/);
  });

  test("a hundred models are not all spelt out", async () => {
    const providers = Array.from({ length: 100 }, (_, at) => double(`p${at}`, { fail: () => failing() }));
    const { message, attempts } = await errorOf(createRouter({ providers, retry: { attempts: 100 } }).chat(ask("x")));
    expect(attempts).toHaveLength(100);
    expect(message).toMatch(/and 92 more$/);
    expect(message.length).toBeLessThan(600);
  });
});

describe("the caller's own line is in the stack", () => {
  const router = createRouter({ providers: [double("a", { fail: () => failing() })], retry: { attempts: 1 } });
  const breakerless = () => router.reset();
  const ways: { readonly [name: string]: () => Promise<unknown> } = {
    awaitsChat: async () => await router.chat(ask("x")),
    awaitsAll: async () => await Promise.all([router.chat(ask("x")), router.chat(ask("y"))]),
    awaitsThen: async () => await router.chat(ask("x")).then((reply) => reply.id),
    awaitsView: async () => await router.with({ tags: ["t"] }).chat(ask("x")),
    awaitsConversation: async () => await router.conversation("c").chat("x"),
    awaitsReply: async () => await router.stream(ask("x")).reply,
    awaitsText: async () => await router.stream(ask("x")).text(),
    async iterates() {
      for await (const _ of router.stream(ask("x"))) break;
    },
    async sendsRubbish() {
      await router.chat({ messages: "x" } as never);
    },
  };
  test.each(Object.keys(ways))("%s", async (name) => {
    breakerless();
    const { stack, message } = await errorOf((ways[name] as () => Promise<unknown>)());
    expect(stack).toContain(name);
    expect(stack?.split("\n")[0]).toBe(`SignalboxError: ${message}`);
    expect(stack?.split("\n").length).toBeLessThan(20);
  });

  test("a failure that nobody waits for yet is no unhandled rejection", async () => {
    const seen: unknown[] = [];
    const listener = (reason: unknown): void => void seen.push(reason);
    process.on("unhandledRejection", listener);
    breakerless();
    const works = [router.chat(ask("x")), router.stream(ask("y")).reply];
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off("unhandledRejection", listener);
    expect(seen).toEqual([]);
    for (const work of works) expect((await errorOf(work)).kind).toBe("server");
  });
});

test("a console prints a screen: message, stack, facts, a line for each call", async () => {
  const providers = Array.from({ length: 12 }, (_, at) => double(`p${at}`, { fail: () => failing("rate_limit") }));
  const router = createRouter({ providers, strategy: "ordered", retry: { attempts: 12 } });
  const error = await errorOf(router.chat(ask("x")));
  const lines = inspect(error).split("\n");
  expect(lines.length).toBeLessThan(30);
  expect(lines[0]).toBe(`SignalboxError: ${error.message}`);
  expect(lines).toContainEqual(expect.stringMatching(/^ {2}1\. p0\/m: rate_limit after \d+ ms$/));
  expect(lines).toContainEqual("  and 4 more");
  expect(inspect({ error }, { depth: 0 })).toContain("[SignalboxError: All calls failed");
  // Whoever asks for more gets every field.
  expect(inspect(error, { depth: 9 })).toContain("latencyMs");
});
