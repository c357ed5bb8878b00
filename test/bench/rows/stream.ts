import { createRouter } from "signalbox";
import { timeCalls } from "../measure.js";
import type { Row, Section } from "../row.js";
import { bareStream, messagesOf, PROMPT, streaming, threeProviders } from "../stub.js";

const LENGTHS = [
  { events: 100, calls: 300 },
  { events: 2_000, calls: 30 },
  { events: 20_000, calls: 4 },
];

/** What one event of a stream costs above a hand-written parser. */
export async function stream(): Promise<Section> {
  const messages = messagesOf(PROMPT);
  const rows: Row[] = [];
  for (const { events, calls } of LENGTHS) {
    const upstream = streaming(events);
    const router = createRouter({ providers: threeProviders(upstream) });
    let letters = 0;
    const count = (text: string): void => {
      letters += text.length;
    };
    const ours = async (): Promise<void> => {
      for await (const chunk of router.stream({ messages })) count(chunk.choices[0]?.delta.content ?? "");
    };
    const subjects = [
      { name: "bare", run: () => bareStream(upstream, PROMPT, count) },
      { name: "ours", run: ours },
    ];
    const times = await timeCalls(subjects, { calls, rounds: 6 });
    await router.close();
    if (letters === 0) throw new Error("no text came");
    const bare = (times.get("bare")?.us ?? Number.NaN) / events;
    const value = (times.get("ours")?.us ?? Number.NaN) / events - bare;
    rows.push({
      what: `${events.toLocaleString("en")} events, above the parser`,
      value,
      unit: "us",
      target: 3,
      note: `aim 1.5; the parser itself ${bare.toFixed(2)}`,
    });
  }
  const [short, , long] = rows as [Row, Row, Row];
  rows.push({ what: "20,000 over 100: 1 is flat", value: long.value / short.value, unit: "x", target: 1.5 });
  return { name: "stream", about: "time of router.stream per event above fetch and a hand-written parser", rows };
}
