import fc from "fast-check";
import { createRouter } from "signalbox";
import { describe, expect, it } from "vitest";
import { type Answer, answers, dialogues, type Said } from "./dialogue.js";
import { DOORS, type Door } from "./doors.js";
import { type UpstreamWire, WIRES } from "./wires.js";

type Raw = { readonly [field: string]: unknown };

const OK: Answer = { thinking: "", sealed: "", text: "ok", calls: [], cut: false, refused: false };

/** A door before a router before one vendor of a wire; `sent` are the bodies that the vendor got. */
function pair(door: Door, wire: UpstreamWire, answer: Answer) {
  const sent: Raw[] = [];
  const upstream = async (_url: unknown, init?: RequestInit): Promise<Response> => {
    const body = JSON.parse(String(init?.body)) as Raw;
    sent.push(body);
    const said = wire.answer(answer);
    return body.stream === true
      ? new Response(wire.events(said), { headers: { "content-type": "text/event-stream" } })
      : Response.json(said);
  };
  const router = createRouter({ providers: [wire.provider(upstream as typeof fetch)], retry: { attempts: 1 } });
  const opened = door.open(router);
  return {
    sent,
    async ask(body: Raw, stream: boolean): Promise<Raw> {
      const response = await opened(door.url, { method: "POST", body: JSON.stringify({ ...body, stream }) });
      const text = await response.text();
      if (!response.ok) throw new Error(text);
      if (!stream) return JSON.parse(text);
      const events = [...text.matchAll(/^data: (\{[^\n]*)$/gm)].map(([, data]) => JSON.parse(data as string) as Raw);
      return door.assembled(events);
    },
  };
}

/** What this pair can carry of a dialogue: all but what the README's table leaves out. */
function tellable(dialogue: readonly Said[], door: Door, wire: UpstreamWire): readonly Said[] {
  return dialogue.map((said) => {
    if (said.who === "result") return wire.tellsFailures && !door.speaksLess ? said : { ...said, failed: false };
    if (said.who !== "user" || (wire.marks && !door.speaksLess)) return said;
    const { mark: _lost, ...rest } = said;
    return rest;
  });
}

const RUNS = { numRuns: 20 };
const ASKED: readonly Said[] = [{ who: "user", text: "Hello?" }];

describe.each(DOORS)("the $name door", (door) => {
  describe.each(WIRES)("before the $name wire", (wire) => {
    it("hands on every dialogue as it was said", async () => {
      await fc.assert(
        fc.asyncProperty(dialogues, fc.boolean(), async (dialogue, stream) => {
          const { sent, ask } = pair(door, wire, OK);
          await ask(door.ask(dialogue), stream);
          expect(wire.read(sent[0] ?? {})).toEqual(tellable(dialogue, door, wire));
          // What a wire has no word for is left out, not sent to a vendor that may refuse it.
          if (!wire.marks) expect(JSON.stringify(sent)).not.toContain("cache_control");
          if (!wire.tellsFailures) expect(JSON.stringify(sent)).not.toContain("is_error");
        }),
        RUNS,
      );
    });

    it("gives every answer as the vendor gave it, whole and streamed alike", async () => {
      await fc.assert(
        fc.asyncProperty(answers, async (answer) => {
          const { sealed, ...told } = answer;
          const { ask } = pair(door, wire, answer);
          for (const stream of [false, true]) expect(door.read(await ask(door.ask(ASKED), stream))).toEqual(told);
        }),
        RUNS,
      );
    });

    it("hands an answer back to its vendor: words, calls, and what is sealed", async () => {
      await fc.assert(
        fc.asyncProperty(answers, fc.boolean(), async (answer, stream) => {
          const { sent, ask } = pair(door, wire, answer);
          const body = door.ask(ASKED);
          await ask(door.goOn(body, await ask(body, stream)), false);
          const { text, calls, sealed } = answer;
          expect(wire.read(sent[1] ?? {})[1]).toEqual({ who: "assistant", text, calls });
          if (wire.seals && sealed !== "") expect(JSON.stringify(sent[1])).toContain(JSON.stringify(sealed));
          expect(JSON.stringify(sent[1])).not.toContain("signalbox/");
        }),
        RUNS,
      );
    });
  });
});
