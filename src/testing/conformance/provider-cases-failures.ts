import { inspect } from "node:util";
import { type ConformanceCase, ensure, ensureSame } from "./case.js";
import { ask, callContext, helloRequest, rejection, scenarioCase, streamOf } from "./provider-harness.js";
import { CUT, failing, type ProviderConformanceOptions, type UpstreamFailure } from "./provider-scenarios.js";

const FAILURES: readonly UpstreamFailure[] = ["auth", "rate_limit", "overloaded", "server"];

/** What providers say when the upstream refuses or breaks: a typed error, never an answer. */
export function failureCases(options: ProviderConformanceOptions): ConformanceCase[] {
  // A provider of its own for each way of asking: a router remembers what the first one met.
  const cases = FAILURES.flatMap((failure) => [
    ...scenarioCase(
      options,
      `rejects with ${failure}`,
      failing(failure),
      async ({ provider }) => {
        const error = await rejection(ask(provider, helloRequest(), callContext()));
        ensureSame(error.kind, failure, "the kind of error");
        ensureNoSecret(options, error);
      },
      ["failures"],
    ),
    ...scenarioCase(
      options,
      `rejects a stream with ${failure}`,
      failing(failure),
      async ({ provider }) => {
        const error = await rejection(drain(provider));
        ensureSame(error.kind, failure, "the kind of error");
        ensureNoSecret(options, error);
      },
      ["failures"],
    ),
  ]);
  return [
    ...cases,
    ...scenarioCase(
      options,
      "asks once, and again only where its budget gives a call",
      failing("server"),
      async ({ provider, upstream }) => {
        let given = 0;
        const attempts = { limit: 4, used: 1, take: () => ++given < 4 };
        await rejection(ask(provider, helloRequest(), callContext({ attempts })));
        if (upstream) ensure(upstream.calls() <= 1 + given, `it called ${upstream.calls()} times`);
      },
      ["failures"],
    ),
    ...scenarioCase(
      options,
      "tells a cut stream from a whole one",
      CUT,
      async ({ provider }) => {
        const error = await rejection(drain(provider));
        ensure(["stream_interrupted", "network"].includes(error.kind), `a cut stream is ${error.kind}`);
        await rejection(ask(provider, helloRequest(), callContext()));
      },
      ["cut"],
    ),
  ];
}

async function drain(provider: Parameters<typeof ask>[0]): Promise<void> {
  for await (const _ of streamOf(provider, helloRequest(), callContext()));
}

/** Neither the error nor what it wraps shows a key or the prompt. */
function ensureNoSecret(options: ProviderConformanceOptions, error: Error): void {
  const shown = `${inspect(error, { depth: 8, showHidden: true })} ${JSON.stringify(error)} ${error.stack}`;
  for (const secret of options.secrets ?? []) ensure(!shown.includes(secret), "an error shows a key");
  ensure(!shown.includes("Is the line clear?"), "an error shows the prompt");
}
