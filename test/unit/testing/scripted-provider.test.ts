import { describe, expect, it } from "vitest";
import type { ChatChunk } from "../../../src/chat/chunk.js";
import { createReply } from "../../../src/chat/create-reply.js";
import { createCallContext, createVirtualClock, scriptedProvider } from "../../../src/testing/index.js";

const REQUEST = { messages: [{ role: "user" as const, content: "hi" }] };

async function textOf(chunks: AsyncIterable<ChatChunk>): Promise<string> {
  let text = "";
  for await (const chunk of chunks) text += chunk.choices[0]?.delta.content ?? "";
  return text;
}

describe("scripted provider", () => {
  it("plays one step per call, whole or streamed, and remembers the calls", async () => {
    const provider = scriptedProvider({
      id: "p",
      script: ["one", new Error("boom"), { reply: createReply({ text: "three" }) }],
      otherwise: "more",
    });
    const context = createCallContext();
    expect((await provider.chat(REQUEST, context)).choices[0].message.content).toBe("one");
    await expect(provider.chat(REQUEST, context)).rejects.toThrow("boom");
    expect(await textOf(provider.stream(REQUEST, context))).toBe("three");
    expect(await textOf(provider.stream(REQUEST, context))).toBe("more");
    expect(provider.calls.map(({ streamed }) => streamed)).toEqual([false, false, true, true]);
    expect(provider.calls[0]).toMatchObject({ request: REQUEST, context });
    expect(provider.models[0]?.id).toBe("p-1");
  });

  it.each<[string, unknown]>([
    ["scrip", { scrip: ["one"] }],
    ["script", { script: "one" }],
    ["options", null],
  ])("names %s where it is wrong, rather than answer as if nothing had been scripted", (path, options) => {
    expect(() => scriptedProvider(options as never)).toThrow(
      expect.objectContaining({ kind: "invalid_options", path }),
    );
  });

  it("asks a function what to do", async () => {
    const provider = scriptedProvider({
      otherwise: async (request, _context, call) => `${request.messages.length} ${call}`,
    });
    expect((await provider.chat(REQUEST, createCallContext())).choices[0].message.content).toBe("1 0");
    expect((await provider.chat(REQUEST, createCallContext())).choices[0].message.content).toBe("1 1");
  });

  it("plays pieces, waits on its clock, and breaks where told", async () => {
    const clock = createVirtualClock();
    const provider = scriptedProvider({ clock, otherwise: { pieces: ["Hel", 1_000, "lo"] } });
    const streamed = textOf(provider.stream(REQUEST, createCallContext()));
    const whole = provider.chat(REQUEST, createCallContext());
    await clock.advance(1_000);
    expect(await streamed).toBe("Hello");
    expect((await whole).choices[0].message.content).toBe("Hello");
    const broken = scriptedProvider({ otherwise: { pieces: ["Hel", new Error("cut")] } });
    await expect(textOf(broken.stream(REQUEST, createCallContext()))).rejects.toThrow("cut");
    const open = scriptedProvider({ otherwise: { pieces: ["x"], finish: false } });
    const reasons: unknown[] = [];
    for await (const chunk of open.stream(REQUEST, createCallContext())) reasons.push(chunk.choices[0]?.finish_reason);
    expect(reasons).toEqual([null]);
  });

  it("waits before it answers or fails, and hangs, until it is aborted", async () => {
    const clock = createVirtualClock();
    const provider = scriptedProvider({
      clock,
      script: [{ text: "late", delayMs: 500 }, { error: "odd", delayMs: 500 }, { hang: true }],
    });
    const late = provider.chat(REQUEST, createCallContext());
    const odd = provider.chat(REQUEST, createCallContext()).catch((error: unknown) => error);
    await clock.advance(500);
    expect((await late).choices[0].message.content).toBe("late");
    expect(await odd).toBe("odd");
    const controller = new AbortController();
    const hung = provider.chat(REQUEST, createCallContext({ signal: controller.signal }));
    controller.abort(new Error("enough"));
    await expect(hung).rejects.toThrow("enough");
  });

  it("gives a budget of four attempts", () => {
    const { attempts, deadline } = createCallContext();
    expect([attempts.take(), attempts.take(), attempts.take(), attempts.take(), attempts.take()]).toEqual([
      true,
      true,
      true,
      true,
      false,
    ]);
    expect([attempts.used, attempts.limit, deadline.remainingMs()]).toEqual([4, 4, Number.POSITIVE_INFINITY]);
  });
});
