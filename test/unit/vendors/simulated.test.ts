import { describe, expect, it } from "vitest";
import { createAssembler } from "../../../src/chat/assemble.js";
import { seededRandom } from "../../../src/core/random.js";
import { createVirtualClock } from "../../../src/testing/virtual-clock.js";
import { simulated } from "../../../src/vendors/simulated.js";
import { context, drain, failureOf, HELLO } from "./loopback.js";

const request = { messages: HELLO };

describe("simulated", () => {
  it("answers by itself, by script, by turns and by function", async () => {
    const text = async (provider: ReturnType<typeof simulated>) =>
      (await provider.chat(request, context())).choices[0].message.content;
    expect(await text(simulated())).toBe("This is a simulated answer.");
    expect(await text(simulated({ reply: "fixed" }))).toBe("fixed");
    const turns = simulated({ reply: ["one", "two"] });
    expect([await text(turns), await text(turns), await text(turns)]).toEqual(["one", "two", "two"]);
    expect(turns.calls).toBe(3);
    const made = simulated({ reply: async ({ messages }, index) => `${messages.length} at ${index}` });
    expect([await text(made), await text(made)]).toEqual(["1 at 0", "1 at 1"]);
  });

  it("calls tools, thinks, ends early and counts", async () => {
    const usage = { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 };
    const provider = simulated({
      reply: [
        {
          reasoning: "hm",
          toolCalls: [
            { name: "f", arguments: { a: 1 } },
            { id: "x", name: "g", arguments: "{bad" },
          ],
        },
        { text: "cut", finishReason: "length", usage },
      ],
    });
    const first = await provider.chat(request, context());
    expect(first.choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: {
        content: null,
        reasoning_content: "hm",
        tool_calls: [{ function: { name: "f", arguments: '{"a":1}' } }, { id: "x", function: { arguments: "{bad" } }],
      },
    });
    expect(first.usage?.completion_tokens_details?.reasoning_tokens).toBeGreaterThan(0);
    expect(first.usage?.estimated).toBeUndefined();
    expect(await provider.chat(request, context())).toMatchObject({ usage, choices: [{ finish_reason: "length" }] });
  });

  it("takes its time on the given clock: head, first token, then its rate", async () => {
    const clock = createVirtualClock();
    const provider = simulated({ clock, delayMs: 100, ttftMs: 300, tokensPerSecond: 10, reply: "a b c" });
    const times: number[] = [];
    const reports: string[] = [];
    const report = (progress: string) => void reports.push(`${progress} ${clock.now()}`);
    const work = (async () => {
      for await (const one of provider.stream(request, context({ report })))
        if (one.choices[0]?.delta.content) times.push(clock.now());
    })();
    await clock.advance(1_000);
    await work;
    expect(reports).toEqual(["headers 100"]);
    expect(times).toEqual([300, 400, 500]);
    let answeredAt = Number.NaN;
    const whole = provider.chat(request, context()).then(() => {
      answeredAt = clock.now();
    });
    await clock.advance(1_000);
    await whole;
    expect(answeredAt).toBe(1_000 + 600);
    expect(clock.pendingTimers).toBe(0);
  });

  it("hands out what is due without a promise", async () => {
    const stream = simulated({ reply: "a b c" }).stream(request, context());
    expect(stream.poll()).toBeUndefined();
    const assembler = createAssembler();
    assembler.push((await stream.next()).value as never);
    for (let one = stream.poll(); one !== undefined; one = stream.poll()) assembler.push(one);
    expect(assembler.text).toBe("a b c");
    expect(assembler.usage).not.toBeNull();
    expect(await stream.next()).toEqual({ value: undefined, done: true });
  });

  it("fails as told: by call, by function, by share, in the middle", async () => {
    const provider = simulated({
      failures: [
        "rate_limit",
        null,
        { kind: "quota", detail: "plan", status: 429, vendorCode: "1308", retryAfterMs: 5 },
      ],
    });
    expect(await failureOf(provider.chat(request, context()))).toMatchObject({
      kind: "rate_limit",
      provider: "simulated",
      model: "simulated-1",
      retryable: true,
    });
    await provider.chat(request, context());
    expect(await failureOf(provider.chat(request, context()))).toMatchObject({
      kind: "quota",
      detail: "plan",
      status: 429,
      vendorCode: "1308",
      retryAfterMs: 5,
    });
    await provider.chat(request, context());
    const odd = simulated({ failures: (index) => (index % 2 === 1 ? "server" : null) });
    await odd.chat(request, context());
    expect((await failureOf(odd.chat(request, context()))).kind).toBe("server");

    const share = async (seed: number) => {
      const some = simulated({ failures: { rate: 0.3, failure: "overloaded" }, random: seededRandom(seed) });
      const outcomes = await Promise.all(
        Array.from({ length: 500 }, () =>
          some.chat(request, context()).then(
            () => 0,
            () => 1,
          ),
        ),
      );
      return outcomes;
    };
    const failed = await share(7);
    expect(failed.reduce((sum: number, one) => sum + one, 0)).toBeGreaterThan(110);
    expect(failed.reduce((sum: number, one) => sum + one, 0)).toBeLessThan(190);
    expect(await share(7)).toEqual(failed);

    const halfway = simulated({ reply: "a b c d", failures: [{ kind: "stream_interrupted", afterTokens: 2 }] });
    const stream = halfway.stream(request, context());
    const seen: unknown[] = [];
    const broken = failureOf(
      (async () => {
        for await (const one of stream) seen.push(one.choices[0]?.delta.content);
      })(),
    );
    expect((await broken).kind).toBe("stream_interrupted");
    expect(seen).toEqual(["a ", "b "]);
  });

  it("hangs until its signal, and leaves no timer", async () => {
    const clock = createVirtualClock();
    const controller = new AbortController();
    const provider = simulated({ clock, failures: ["hang"], delayMs: 50 });
    const work = failureOf(drain(provider.stream(request, context({ signal: controller.signal }))));
    await clock.advance(3_600_000);
    controller.abort(new Error("enough"));
    expect(await work).toMatchObject({ kind: "cancelled", cause: { message: "enough" } });
    expect(clock.pendingTimers).toBe(0);
  });

  it("has the models and prices it is given", () => {
    const provider = simulated({ id: "s", models: ["a", "b"], autoModels: ["b"], usdPerMTok: { input: 1, output: 2 } });
    expect(provider.models.map((model) => [model.id, model.usdPerMTok])).toEqual([
      ["a", { input: 1, output: 2 }],
      ["b", { input: 1, output: 2 }],
    ]);
    expect(provider.autoModels).toEqual(["b"]);
    expect(simulated({ usdPerMTok: null }).models[0]?.usdPerMTok).toBeNull();
  });
});
