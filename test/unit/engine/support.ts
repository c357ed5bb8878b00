import { type ChatChunk, type EventMap, type EventName, type Router, SignalboxError } from "signalbox";
import { type ScriptedProviderOptions, scriptedProvider, testModel } from "signalbox/testing";

export const ask = (text = "hello") => ({ messages: [{ role: "user" as const, content: text }] });

/** A scripted provider with one model, `"m"`, at $1 in and $2 out per million tokens. */
export const provider = (id: string, options: Omit<ScriptedProviderOptions, "id"> = {}) =>
  scriptedProvider({ id, models: [testModel("m")], ...options });

/** What a scripted answer of this text costs at the test model's price: 10 tokens in. */
export const costOf = (text: string): number => (10 * 1 + Math.max(1, Math.ceil(text.length / 4)) * 2) / 1e6;

/** The failure of work that must fail with an error of this library. */
export async function failureOf(work: PromiseLike<unknown>): Promise<SignalboxError> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!SignalboxError.isInstance(thrown)) throw new Error(`expected a SignalboxError, got ${String(thrown)}`);
  return thrown;
}

export const broken = (kind: ConstructorParameters<typeof SignalboxError>[0] = "server", init = {}) =>
  new SignalboxError(kind, `fails with ${kind}`, init);

export type Told = { [Name in EventName]: { readonly name: Name; readonly event: EventMap[Name] } }[EventName];

const NAMES = [
  "request",
  "decision",
  "attempt",
  "retry",
  "fallback",
  "cache",
  "breaker",
  "health",
  "degraded",
  "budget",
  "warning",
  "done",
] as const satisfies readonly EventName[];

/** Everything a router tells, in order. */
export function listenTo(router: Router, names: readonly EventName[] = NAMES): Told[] {
  const told: Told[] = [];
  for (const name of names) router.on(name, (event) => void told.push({ name, event } as Told));
  return told;
}

/** The events of one name. */
export function eventsOf<Name extends EventName>(told: readonly Told[], name: Name): EventMap[Name][] {
  return told.filter((each) => each.name === name).map(({ event }) => event as EventMap[Name]);
}

export const textIn = ({ choices }: ChatChunk): string => choices[0]?.delta.content ?? "";

/** Reads a stream to its end or its failure. A restart drops the text before it, as an assembler does. */
export async function readAll(
  stream: AsyncIterable<ChatChunk>,
): Promise<{ text: string; chunks: ChatChunk[]; error: SignalboxError | undefined }> {
  const chunks: ChatChunk[] = [];
  let text = "";
  let error: SignalboxError | undefined;
  try {
    for await (const chunk of stream) {
      chunks.push(chunk);
      text = chunk.signalbox?.reset ? "" : text + textIn(chunk);
    }
  } catch (thrown) {
    error = await failureOf(Promise.reject(thrown));
  }
  return { text, chunks, error };
}

/** A promise and its handles. */
export function gate<T = void>(): { readonly opened: Promise<T>; open(value: T): void } {
  let open: (value: T) => void = () => {};
  const opened = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
