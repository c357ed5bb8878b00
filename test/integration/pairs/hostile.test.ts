import fc from "fast-check";
import { createRouter } from "signalbox";
import { describe, expect, it } from "vitest";
import { DOORS } from "./doors.js";
import { hostileRequests } from "./hostile-requests.js";
import { WIRES } from "./wires.js";

const ANSWER = { thinking: "t", sealed: "S", text: "ok", calls: [], cut: false, refused: false };

describe.each(DOORS)("the $name door", (door) => {
  it.each(WIRES)("before the $name wire says what is wrong with a request, and blames nobody else", async (wire) => {
    const upstream = async (_url: unknown, init?: RequestInit): Promise<Response> => {
      const said = wire.answer(ANSWER);
      return JSON.parse(String(init?.body)).stream === true
        ? new Response(wire.events(said), { headers: { "content-type": "text/event-stream" } })
        : Response.json(said);
    };
    const fetch = door.open(createRouter({ providers: [wire.provider(upstream as typeof globalThis.fetch)] }));
    await fc.assert(
      fc.asyncProperty(hostileRequests(door.name), async (body) => {
        const response = await fetch(door.url, { method: "POST", body: JSON.stringify(body) });
        const text = await response.text();
        // Not a 5xx, which would blame the vendor, and no event of an error in a stream that began.
        expect([response.status < 500, text.slice(0, 500)]).toEqual([
          true,
          expect.not.stringMatching(/TypeError|"bug"/),
        ]);
      }),
      { numRuns: 250, seed: 11 },
    );
  });
});
