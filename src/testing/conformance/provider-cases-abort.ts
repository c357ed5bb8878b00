import { type ConformanceCase, ensure, ensureSame, eventually } from "./case.js";
import { ask, callContext, helloRequest, rejection, scenarioCase, streamOf } from "./provider-harness.js";
import { ENDLESS, HANG, type ProviderConformanceOptions, TEXT } from "./provider-scenarios.js";

/** What providers do when the caller leaves: the upstream is let go, and the error says who left. */
export function abortCases(options: ProviderConformanceOptions): ConformanceCase[] {
  const patienceMs = options.patienceMs ?? 5_000;
  return [
    ...scenarioCase(options, "ends a whole answer with its signal", HANG, async ({ provider, upstream }) => {
      const controller = new AbortController();
      const { signal } = controller;
      const work = rejection(ask(provider, helloRequest(), callContext({ signal })), signal);
      if (upstream) await eventually(() => upstream.calls() > 0, "the upstream was not called", patienceMs);
      controller.abort();
      const error = await work;
      ensureSame([error.kind, error.name], ["cancelled", "AbortError"], "the error");
      if (upstream) await eventually(() => upstream.aborted() > 0, "the abort did not reach the upstream", patienceMs);
    }),
    ...scenarioCase(options, "ends a stream with its signal", ENDLESS, async ({ provider, upstream }) => {
      // A stream made of a whole answer never waits between its chunks.
      if (!provider.stream) return;
      const controller = new AbortController();
      const chunks = streamOf(provider, helloRequest(), callContext({ signal: controller.signal }))[
        Symbol.asyncIterator
      ]();
      ensure((await chunks.next()).done !== true, "the stream ended at once");
      controller.abort();
      const error = await rejection(untilDone(chunks), controller.signal);
      ensureSame(error.kind, "cancelled", "the kind of error");
      if (upstream) await eventually(() => upstream.aborted() > 0, "the abort did not reach the upstream", patienceMs);
    }),
    ...scenarioCase(options, "lets go of the upstream at an early break", ENDLESS, async ({ provider, upstream }) => {
      if (!provider.stream) return;
      for await (const _ of streamOf(provider, helloRequest(), callContext())) break;
      if (upstream) await eventually(() => upstream.aborted() > 0, "the break did not reach the upstream", patienceMs);
    }),
    ...scenarioCase(options, "asks nobody once its signal is aborted", TEXT, async ({ provider, upstream }) => {
      const signal = AbortSignal.abort();
      const error = await rejection(ask(provider, helloRequest(), callContext({ signal })), signal);
      ensureSame(error.kind, "cancelled", "the kind of error");
      if (upstream) ensureSame(upstream.calls(), 0, "calls of the upstream");
    }),
  ];
}

async function untilDone(chunks: AsyncIterator<unknown>): Promise<void> {
  while ((await chunks.next()).done !== true);
}
