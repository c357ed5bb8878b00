import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SignalboxError } from "../../../src/errors/signalbox-error.js";
import { openaiCompatible } from "../../../src/vendors/openai-compatible.js";
import { context, HELLO, MODEL, startLoopback } from "./loopback.js";

const server = await startLoopback();
const baseURL = `${server.url}/v1`;

const FORMS: Record<string, (secret: string) => string> = {
  plain: (secret) => secret,
  base64: (secret) => Buffer.from(`x ${secret}`).toString("base64"),
  hexadecimal: (secret) => Buffer.from(secret).toString("hex"),
  reversed: (secret) => [...secret].reverse().join(""),
  "URL-encoded": encodeURIComponent,
};

const shown = (error: unknown) =>
  `${inspect(error, { depth: 10 })}${JSON.stringify(error)}${SignalboxError.isInstance(error) ? error.stack : ""}`;

describe("what an error shows of a secret", () => {
  it("nothing of the key that its own call used, however many others were used since", async () => {
    server.answer((response, { headers }) => {
      const told = `the token ${headers.authorization?.slice(7)} is not for this`;
      // All calls are under way before the first one fails.
      setTimeout(() => response.writeHead(400).end(JSON.stringify({ error: { message: told } })), 100);
    });
    let given = 0;
    const apiKey = () => `tok7en${String(given++).padStart(3, "0")}hush4f9c2b`;
    const provider = openaiCompatible({ id: "p", baseURL, apiKey, models: [MODEL] });
    const calls = Array.from({ length: 60 }, () => provider.chat({ messages: HELLO }, context()));
    for (const { reason } of (await Promise.allSettled(calls)) as PromiseRejectedResult[]) {
      expect(reason.kind).toBe("invalid_request");
      expect(shown(reason)).not.toContain("hush4f9c2b");
    }
    expect(given).toBe(60);
  });

  it("nothing of a header's value, whatever the header's name and whatever form it comes back in", async () => {
    const secret = fc.stringMatching(/^[a-z]{3}[0-9][A-Za-z0-9+/=_-]{8,30}$/);
    const name = fc.stringMatching(/^x-[a-z]{1,12}$/);
    const form = fc.constantFrom(...Object.keys(FORMS));
    await fc.assert(
      fc.asyncProperty(secret, name, form, fc.boolean(), async (value, header, chosen, prefixed) => {
        const told = FORMS[chosen]?.(value) ?? "";
        server.answer((response) =>
          response.writeHead(400).end(JSON.stringify({ error: { message: `no: ${told}!` } })),
        );
        const headers = { [header]: prefixed ? `Token token=${value}` : value };
        const provider = openaiCompatible({ id: "p", baseURL, apiKey: "k", models: [MODEL], headers });
        const error: unknown = await provider.chat({ messages: HELLO }, context()).catch((thrown: unknown) => thrown);
        expect(shown(error)).not.toContain(told);
        expect(shown(error)).not.toContain(value);
      }),
      { numRuns: 60, examples: [["aaa0=a_a/=A=/", "x-a", "base64", true]] },
    );
  });

  it("harmless headers and ordinary words stay readable", async () => {
    const told = "model gone in production, see docs/2023-06-01";
    server.answer((response) => response.writeHead(400).end(JSON.stringify({ error: { message: told } })));
    const headers = { "x-stage": "production", "anthropic-version": "2023-06-01" };
    const provider = openaiCompatible({ id: "p", baseURL, apiKey: "k", models: [MODEL], headers });
    await expect(provider.chat({ messages: HELLO }, context())).rejects.toThrow(told);
  });
});
