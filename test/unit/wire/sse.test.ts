import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSseParser, type SseEvent, type SseParserOptions } from "../../../src/wire/sse.js";
import { stepsOf } from "../steps.js";

const bytes = (text: string) => Buffer.from(text, "utf8");

function parse(chunks: readonly Uint8Array[], options: SseParserOptions = {}) {
  const parser = createSseParser(options);
  const events: SseEvent[] = [];
  const drain = () => {
    for (let event = parser.take(); event !== undefined; event = parser.take()) events.push(event);
  };
  for (const chunk of chunks) {
    parser.push(chunk);
    drain();
  }
  const { truncated } = parser.end();
  drain();
  return { events, truncated, failure: parser.failure };
}

/** Cuts bytes at the given places. */
function cut(all: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [...new Set(places.map((place) => place % (all.length + 1)))].sort((a, b) => a - b);
  return [...at, all.length].map((to, index) => all.subarray(index === 0 ? 0 : at[index - 1], to));
}

/** How many times the steps four times the text takes: about 4 for linear work, 16 for quadratic work. */
const growth = (work: (count: number) => unknown): number => stepsOf(() => work(60_000)) / stepsOf(() => work(15_000));

const data = (...values: string[]) => values.map((value) => ({ event: "message", data: value }));

describe("SSE parser", () => {
  it.each([
    ["LF", "data: a\n\ndata: b\n\n", data("a", "b")],
    ["CRLF", "data: a\r\n\r\ndata: b\r\n\r\n", data("a", "b")],
    ["CR", "data: a\r\rdata: b\r\r", data("a", "b")],
    ["mixed line ends", "data: a\r\n\ndata: b\n\r", data("a", "b")],
    ["a BOM", "\ufeffdata: a\n\n", data("a")],
    ["only one BOM", "\ufeff\ufeffdata: a\n\n", []],
    ["no space after the colon", "data:a\n\n", data("a")],
    ["one space is taken, not two", "data:  a\n\n", data(" a")],
    ["several data lines", "data: a\ndata: b\ndata\n\n", data("a\nb\n")],
    ["an empty data line", "data:\n\n", data("")],
    ["comments", ": hi\n\n:\n\ndata: a\n: in between\n\n", data("a")],
    ["fields that begin like ours", "dataset: x\ndata1\nevents: x\nevent1\neventful\ndata: a\n\n", data("a")],
    ["unknown fields", "id: 7\nretry: 10\nfoo: bar\ndatum: x\ndata: a\neventual: x\n\n", data("a")],
    ["fields that look like ours", "event: a\neabcd\neabcd:x\ndabc\ndabc:x\ndata: y\n\n", [{ event: "a", data: "y" }]],
    ["a named event", "event: error\ndata: a\n\ndata: b\n\n", [{ event: "error", data: "a" }, ...data("b")]],
    ["an event name without data", "event: ping\n\ndata: a\n\n", data("a")],
    ["the last event name", "event: a\nevent: b\ndata: x\n\n", [{ event: "b", data: "x" }]],
    ["an event name taken back", "event: a\nevent\ndata: x\n\n", data("x")],
    ["a colon in the value", "data: a: b\n\n", data("a: b")],
    ["blank lines alone", "\n\n\n\r\n", []],
  ])("reads %s", (_name, text, expected) => {
    const result = parse([bytes(text)]);
    expect(result.events).toEqual(expected);
    expect(result.failure).toBeUndefined();
  });

  it("gives the same events however the bytes are cut", () => {
    const piece = fc.constantFrom(
      ..."data: |data:|data|event: |: |é|漢|😀|a|{}|id: 1| |\n|\r|\r\n|\n\n|\r\n\r\n|\r\r|\ufeff".split("|"),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.array(fc.nat(), { maxLength: 12 }), (pieces, places) => {
        const all = bytes(pieces.join(""));
        const whole = parse([all]);
        expect(parse(cut(all, places))).toEqual(whole);
        expect(parse(Array.from(all, (_, at) => all.subarray(at, at + 1)))).toEqual(whole);
      }),
    );
  });

  it("gives back what was written", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 30 }).map((value) => value.replace(/[\r\n]/g, ""));
    const event = fc.record({ event: text, lines: fc.array(text, { minLength: 1, maxLength: 4 }) });
    const end = fc.constantFrom("\n", "\r", "\r\n");
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 10 }),
        end,
        fc.array(fc.nat(), { maxLength: 9 }),
        (events, eol, places) => {
          const written = events
            .map(
              ({ event: name, lines }) => `event: ${name}${eol}${lines.map((l) => `data: ${l}${eol}`).join("")}${eol}`,
            )
            .join("");
          const read = parse(cut(bytes(written), places)).events;
          expect(read).toEqual(
            events.map(({ event: n, lines }) => ({ event: n === "" ? "message" : n, data: lines.join("\n") })),
          );
        },
      ),
    );
  });

  it("survives any bytes: it never throws, and holds its limits", () => {
    const options = { maxLineBytes: 64, maxEventBytes: 96, maxEvents: 5 };
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.constantFrom(bytes("data: x\n"), bytes("\n\n"), bytes("\r")),
    );
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 12 }), (chunks) => {
        const { events, failure } = parse(chunks, options);
        expect(events.length).toBeLessThanOrEqual(5);
        for (const event of events) expect(event.data.length).toBeLessThanOrEqual(96);
        if (failure !== undefined) expect(failure.kind).toBe("response_too_large");
      }),
    );
  });

  it("keeps a character whole wherever it is cut", () => {
    const all = bytes("data: a😀漢é\n\n");
    for (let at = 0; at <= all.length; at++) {
      expect(parse([all.subarray(0, at), all.subarray(at)]).events).toEqual(data("a😀漢é"));
    }
  });

  it("replaces invalid UTF-8", () => {
    expect(parse([Uint8Array.from([...bytes("data: a"), 0xff, ...bytes("b\n\n")])]).events).toEqual(data("a\ufffdb"));
  });

  it.each([
    ["inside a line", "data: a\n\ndata: b"],
    ["between a line and its blank line", "data: a\n\ndata: b\n"],
    ["inside a character", "data: a\n\ndata: \u00e9"],
  ])("calls bytes that end %s truncated", (_name, text) => {
    const all = bytes(text);
    const ends = parse([all.subarray(0, text.endsWith("\u00e9") ? all.length - 1 : all.length)]);
    expect(ends.events).toEqual(data("a"));
    expect(ends.truncated).toBe(true);
  });

  it("does not call a finished stream truncated", () => {
    expect(parse([bytes("data: a\n\n")]).truncated).toBe(false);
    expect(parse([bytes("data: a\r\r")]).truncated).toBe(false);
    expect(parse([]).truncated).toBe(false);
  });

  describe("limits", () => {
    it("hands out the events before the one that broke a limit", () => {
      const result = parse([bytes(`data: a\n\ndata: ${"x".repeat(100)}\n\ndata: b\n\n`)], { maxLineBytes: 50 });
      expect(result.events).toEqual(data("a"));
      expect(result.failure).toMatchObject({ kind: "response_too_large", detail: "line" });
    });

    it.each([
      ["at once", 1_000_000],
      ["in small reads", 1_000],
    ])("stops at a line without an end, given %s", (_name, size) => {
      const parser = createSseParser();
      let pushed = 0;
      while (parser.failure === undefined && pushed < 3_000_000) {
        parser.push(Buffer.alloc(size, "x"));
        pushed += size;
      }
      expect(parser.failure?.detail).toBe("line");
      expect(pushed).toBeLessThanOrEqual(1_048_576 + size);
    });

    it("says which limit it was", () => {
      const long = [bytes(`data: ${"x".repeat(50)}\n\ndata: y\n\n`)];
      const wordsOf = (options: SseParserOptions, chunks = long) => parse(chunks, options).failure?.message;
      expect(wordsOf({ maxLineBytes: 20 })).toBe("the stream passed the limit of 20 bytes per line");
      expect(wordsOf({ maxLineBytes: 20 }, [bytes("x".repeat(21))])).toBe(
        "the stream passed the limit of 20 bytes per line",
      );
      expect(wordsOf({ maxEventBytes: 20 })).toBe("the stream passed the limit of 20 bytes per event");
      expect(wordsOf({ maxEvents: 1 })).toBe("the stream passed the limit of 1 events");
    });

    it("counts each event for itself, a byte for each line end", () => {
      const nine = "data: 123456789\n\n";
      const two = "data: 1234\ndata: 5678\n\n";
      expect(parse([bytes(nine + nine + two + nine)], { maxEventBytes: 10 })).toMatchObject({ failure: undefined });
      expect(parse([bytes(nine + nine)], { maxEventBytes: 9 }).failure?.detail).toBe("event");
      expect(parse([bytes(two)], { maxEventBytes: 9 }).failure?.detail).toBe("event");
      expect(parse([bytes(nine + nine)], { maxEventBytes: 9 }).events).toEqual([]);
    });

    it("counts each line for itself, over any number of reads", () => {
      const line = "data: 123456789\n";
      const letters = Array.from(line.repeat(5), (letter) => bytes(letter));
      expect(parse(letters, { maxLineBytes: 15 }).failure).toBeUndefined();
      expect(parse(letters, { maxLineBytes: 14 }).failure?.detail).toBe("line");
      expect(parse([bytes(`${line}data: 12`), bytes("3456789\n")], { maxLineBytes: 15 }).failure).toBeUndefined();
      expect(parse([bytes(`${line}data: 12`), bytes("34567890\n")], { maxLineBytes: 15 }).failure?.detail).toBe("line");
      expect(parse([bytes(line), bytes("x".repeat(15)), bytes("x")], { maxLineBytes: 15 }).failure?.detail).toBe(
        "line",
      );
    });

    it("takes nothing more once a limit is passed", () => {
      const parser = createSseParser({ maxLineBytes: 10 });
      parser.push(bytes("x".repeat(11)));
      parser.push(bytes("\n\ndata: a\n\n"));
      expect(parser.take()).toBeUndefined();
    });

    it("counts bytes, not characters", () => {
      const line = (count: number) => [bytes(`data: ${"漢".repeat(count)}\n\n`)];
      expect(parse(line(31), { maxLineBytes: 99 }).failure).toBeUndefined();
      expect(parse(line(32), { maxLineBytes: 99 }).failure?.detail).toBe("line");
      expect(parse(line(33), { maxEventBytes: 100 }).failure).toBeUndefined();
      expect(parse(line(34), { maxEventBytes: 100 }).failure?.detail).toBe("event");
    });

    it("takes an event of many lines up to its limit, in linear time", () => {
      const many = (count: number) => bytes("data: x\n".repeat(count));
      const limit = { maxEventBytes: 90_000 };
      expect(parse([many(30_000), bytes("\n")], limit).events[0]?.data.length).toBe(59_999);
      expect(parse([many(30_000), many(30_000), bytes("\n")], limit).failure?.detail).toBe("event");
      expect(growth((count) => parse([many(count), bytes("\n")], { maxEventBytes: 3 * count }))).toBeLessThan(10);
    });

    it("takes 200,000 events and no more", () => {
      expect(parse([bytes("data:\n\n".repeat(10))], { maxEvents: 10 }).failure).toBeUndefined();
      const over = parse([bytes("data:\n\n".repeat(200_001))]);
      expect(over.events.length).toBe(200_000);
      expect(over.failure).toMatchObject({ kind: "response_too_large", detail: "events" });
    });

    it("takes a line of 1 MiB and an event of 4 MiB, and no more", () => {
      const line = (size: number) => bytes(`data: ${"x".repeat(size - 6)}\n`);
      expect(parse([line(1_048_576), bytes("\n")]).events[0]?.data.length).toBe(1_048_570);
      expect(parse([line(1_048_577), bytes("\n")]).failure?.detail).toBe("line");
      expect(parse([...Array.from({ length: 4 }, () => line(1_048_576)), bytes("\n")]).events).toHaveLength(1);
      expect(parse([...Array.from({ length: 5 }, () => line(1_000_000)), bytes("\n")]).failure?.detail).toBe("event");
    });

    it("reads line ends of one kind in linear time", () => {
      expect(growth((count) => parse([bytes("\r".repeat(count))]))).toBeLessThan(10);
      expect(growth((count) => parse([bytes("\n".repeat(count))]))).toBeLessThan(10);
    });
  });
});
