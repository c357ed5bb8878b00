import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maskEcho } from "../../../src/errors/echo.js";

const SENT = JSON.stringify({
  model: "kimi-k3",
  messages: [{ role: "user", content: "my secret plan is to buy a boat" }],
});

describe("echo of the request in a vendor's message", () => {
  it("is masked, the rest stays", () => {
    expect(maskEcho('invalid content "my secret plan is to buy a boat" at 3', SENT)).toBe(
      "invalid content [echo removed] at 3",
    );
    expect(maskEcho("secret plan is to buy, and again: secret plan is to buy", SENT)).toBe(
      "[echo removed], and again:[echo removed]",
    );
  });

  it("leaves short words and messages of their own", () => {
    const own = "temperature must be 1 for kimi-k3, see the documentation of messages";
    expect(maskEcho(own, SENT)).toBe(own);
    expect(maskEcho("my secret plan", SENT)).toBe("my secret plan");
    expect(maskEcho("my secret plan is to buy a boat", undefined)).toBe("my secret plan is to buy a boat");
  });

  it("masks a short text that is quoted whole, and no word that a message needs", () => {
    const masked = (message: string, ...said: string[]) => maskEcho(message, said.join("\n"), said);
    for (const prompt of ["my pin is 4711", "4711", "你好吗朋友", "what is 2+2?"]) {
      expect(masked(`cannot answer ${prompt} today`, "be brief", ` ${prompt}\n`)).toBe(
        "cannot answer [echo removed] today",
      );
    }
    for (const message of ["model", 'bad prompt "model" here', "bad: model", "Error: model!\n  at model (x.ts)"]) {
      expect(masked(message, "model")).toBe(message.replace("model", "[echo removed]"));
    }
    expect(masked("the model /srv/model/a.ts failed", "model")).toBe("the model /srv/model/a.ts failed");
    expect(masked("hi: oh", "hi", "oh")).toBe("hi: oh");
  });

  it("leaves no stretch of 20 characters, wherever it stands", () => {
    const words = fc
      .array(fc.constantFrom("alpha", "beta ", "gamma", "漢字", "x"), { minLength: 6, maxLength: 60 })
      .map((w) => w.join(""));
    fc.assert(
      fc.property(
        words,
        fc.string(),
        fc.string(),
        fc.nat(),
        fc.integer({ min: 20, max: 80 }),
        (sent, before, after, at, size) => {
          const from = at % sent.length;
          const echo = sent.slice(from, from + size);
          fc.pre(echo.length >= 30);
          expect(maskEcho(before + echo + after, sent)).not.toContain(echo);
        },
      ),
    );
  });

  it("looks at both ends of a large request, in little time", () => {
    const sent = `${"a b ".repeat(500_000)}the very last words of the prompt`;
    const startedAt = process.cpuUsage().user;
    expect(maskEcho("bad: the very last words of the prompt", sent)).toBe("bad:[echo removed]");
    maskEcho("a b ".repeat(4_000), sent);
    expect(process.cpuUsage().user - startedAt).toBeLessThan(1_000_000);
  });
});
