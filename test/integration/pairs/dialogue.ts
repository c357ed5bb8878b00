import fc from "fast-check";

/** What is said, whatever the API: what comes out of every pair of door and wire is compared in this form. */
export type Said =
  | { readonly who: "system"; readonly text: string }
  | { readonly who: "user"; readonly text: string; readonly image?: string; readonly mark?: true }
  | { readonly who: "assistant"; readonly text: string; readonly calls: readonly Call[] }
  | { readonly who: "result"; readonly id: string; readonly text: string; readonly failed: boolean };

export interface Call {
  readonly id: string;
  readonly name: string;
  readonly input: { readonly [name: string]: unknown };
}

/** An answer, whatever the wire. `sealed` is what its issuer wants back: a signature, encrypted thinking. */
export interface Answer {
  readonly thinking: string;
  readonly sealed: string;
  readonly text: string;
  readonly calls: readonly Call[];
  readonly cut: boolean;
  /** The text is a refusal. */
  readonly refused: boolean;
}

const words = fc.string({ unit: "grapheme", minLength: 1, maxLength: 24 }).filter((text) => text.trim() === text);
const picture = "data:image/png;base64,iVBORw0KGgo=";
const call = fc.record({
  name: fc.constantFrom("look", "add"),
  input: fc.dictionary(fc.constantFrom("a", "b", "город"), fc.oneof(words, fc.integer(), fc.boolean())),
});

const named = (calls: readonly Omit<Call, "id">[], round: number): Call[] =>
  calls.map(({ name, input }, index) => ({ id: `call_${round}_${index}`, name, input: { ...input } }));

const user = fc
  .record({ text: words, shows: fc.boolean(), marks: fc.boolean() })
  .map(({ text, shows, marks }): Said => {
    return { who: "user", text, ...(shows ? { image: picture } : {}), ...(marks ? { mark: true } : {}) };
  });

/** One step of an agent: what it says and calls, and what came of the calls. */
const step = fc.record({
  text: fc.oneof(fc.constant(""), words),
  calls: fc.array(call, { minLength: 1, maxLength: 3 }),
  results: fc.array(fc.record({ text: words, failed: fc.boolean() }), { minLength: 3, maxLength: 3 }),
});

/** A conversation that ends with something to answer. */
export const dialogues: fc.Arbitrary<readonly Said[]> = fc
  .record({
    system: fc.option(words, { nil: undefined }),
    first: user,
    steps: fc.array(step, { maxLength: 3 }),
    closing: fc.option(fc.record({ answer: words, next: user }), { nil: undefined }),
  })
  .map(({ system, first, steps, closing }) => {
    const said: Said[] = system === undefined ? [first] : [{ who: "system", text: system }, first];
    steps.forEach(({ text, calls, results }, round) => {
      const made = named(calls, round);
      said.push({ who: "assistant", text, calls: made });
      made.forEach(({ id }, index) => {
        const { text: told = "", failed = false } = results[index] ?? {};
        said.push({ who: "result", id, text: told, failed });
      });
    });
    if (closing) said.push({ who: "assistant", text: closing.answer, calls: [] }, closing.next);
    return said;
  });

export const answers: fc.Arbitrary<Answer> = fc
  .record({
    thinking: fc.oneof(fc.constant(""), words),
    text: words,
    calls: fc.array(call, { maxLength: 3 }),
    cut: fc.boolean(),
    refused: fc.boolean(),
  })
  .map(({ calls, cut, refused, ...said }) => ({
    ...said,
    sealed: said.thinking === "" ? "" : "SEALED+by/its=issuer",
    calls: named(calls, 9),
    cut: cut && calls.length === 0,
    refused: refused && !cut && calls.length === 0,
  }));
