import { askStream } from "../../chat/ask.js";
import { createAssembler } from "../../chat/assemble.js";
import type { ChatChunk } from "../../chat/chunk.js";
import type { ChatReply } from "../../chat/reply.js";
import type { ChatRequest } from "../../chat/request.js";
import type { AnyProvider, CallContext } from "../../contract/provider.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import { type ConformanceCase, ensure } from "./case.js";
import type {
  ConformanceFeature,
  ProviderConformanceOptions,
  ProviderScenario,
  ProviderUnderTest,
} from "./provider-scenarios.js";

/** A request that no case may see changed. */
export function helloRequest(more: Partial<ChatRequest> = {}): ChatRequest {
  return { messages: [{ role: "user", content: "Is the line clear?" }], ...more };
}

/** What a router would tell a provider. */
export function callContext(more: Partial<CallContext> = {}): CallContext {
  return {
    signal: new AbortController().signal,
    deadline: { remainingMs: () => Number.POSITIVE_INFINITY },
    requestId: "req_conformance",
    attempts: { limit: 4, used: 1, take: () => true },
    ...more,
  };
}

/** A case with a provider of its own, closed whatever happens; left out where the provider lacks a feature. */
export function scenarioCase(
  options: ProviderConformanceOptions,
  name: string,
  scenario: ProviderScenario,
  run: (subject: ProviderUnderTest) => Promise<void>,
  needs: readonly ConformanceFeature[] = [],
): ConformanceCase[] {
  if (needs.some((feature) => options.without?.includes(feature))) return [];
  return [
    {
      name,
      async run() {
        const subject = await options.setUp(scenario);
        try {
          await run(subject);
        } finally {
          await subject.close?.();
        }
      },
    },
  ];
}

/** Asks for a whole answer, by whichever way the provider has. */
export async function ask(provider: AnyProvider, request: ChatRequest, context: CallContext): Promise<ChatReply> {
  return provider.chat ? provider.chat(request, context) : assembled(provider, request, context);
}

/** What a stream adds up to. */
export async function assembled(provider: AnyProvider, request: ChatRequest, context: CallContext): Promise<ChatReply> {
  const assembler = createAssembler();
  for await (const chunk of streamOf(provider, request, context)) assembler.push(chunk);
  return assembler.reply();
}

/** The provider's stream; without one of its own, that which is made of its whole answer. */
export function streamOf(provider: AnyProvider, request: ChatRequest, context: CallContext): AsyncIterable<ChatChunk> {
  return askStream(provider, request, context, provider.models[0]?.id ?? provider.id);
}

/**
 * The error that work rejects with, which has to be one of ours.
 * @param signal of a call that may also end with this signal's own reason, as `throwIfAborted` and `fetch` do
 */
export async function rejection(work: Promise<unknown>, signal?: AbortSignal): Promise<SignalboxError> {
  let thrown: unknown;
  try {
    await work;
  } catch (error) {
    thrown = error;
  }
  ensure(thrown !== undefined, "it answered where it had to fail");
  if (signal?.aborted && thrown === signal.reason)
    return new SignalboxError("cancelled", "The caller left", { cause: thrown });
  ensure(SignalboxError.isInstance(thrown), `it threw ${String(thrown)}, which is no SignalboxError`);
  return thrown;
}
