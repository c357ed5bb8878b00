import type { ChatRequest } from "../chat/request.js";
import { checkNames } from "../errors/check-options.js";
import { invalidOption, SignalboxError } from "../errors/signalbox-error.js";

/** How `router.warm` goes about it. */
export interface WarmOptions {
  /** Requests at once. @default 4 */
  readonly concurrency?: number | undefined;
  /** Stops asking; what is done stays. @default none */
  readonly signal?: AbortSignal | undefined;
  /** Called after each request. @default none */
  readonly onProgress?: ((progress: WarmProgress) => void) | undefined;
}

/** How far a warming has come. */
export interface WarmProgress {
  /** Requests that are dealt with. */
  readonly done: number;
  /** Requests of the list. */
  readonly total: number;
}

/** What warming did; `failures` name the request by its place in the list. */
export interface WarmReport {
  /** Requests that a model was asked for. */
  readonly asked: number;
  /** Answered from the cache already, or together with an equal request. */
  readonly present: number;
  /**
   * Not kept: an answer that may not be stored, or found no room. Nobody is asked if that is known beforehand (a
   * temperature, no tenant, `cache: false`, no lifetime), or once one answer has found no room.
   */
  readonly refused: number;
  /** Requests that failed: their places in the list and the kinds. */
  readonly failures: readonly { readonly index: number; readonly kind: string }[];
  /** Whether the signal ended it early. */
  readonly aborted: boolean;
  /** What the asking cost, dollars. */
  readonly costUsd: number;
}

type Asked = { readonly route: { readonly cache: { readonly status: string }; readonly costUsd: number | null } };

/** What became of one answer that was asked for ahead; `undefined` where nothing came to the cache. */
export interface Warming {
  outcome: "kept" | "no room" | "refused" | undefined;
}

/**
 * Fills the cache by asking, a few at a time. Failures of requests are in the report.
 *
 * @param full nothing could be kept: nobody is asked
 * @throws SignalboxError `invalid_request` or `invalid_options` where it cannot begin
 */
export async function warmByAsking(
  requests: readonly ChatRequest[],
  ask: (request: ChatRequest, warming: Warming) => Promise<Asked>,
  options: WarmOptions = {},
  full = false,
): Promise<WarmReport> {
  if (!Array.isArray(requests)) {
    throw new SignalboxError("invalid_request", "requests must be a list of requests", { path: "requests" });
  }
  const { concurrency = 4, signal, onProgress } = checked(options);
  const failures: { index: number; kind: string }[] = [];
  let next = 0;
  let done = 0;
  let asked = 0;
  let present = 0;
  let refused = 0;
  let costUsd = 0;
  let noRoom = full;
  const worker = async (): Promise<void> => {
    while (next < requests.length && !signal?.aborted) {
      const index = next++;
      const warming: Warming = { outcome: undefined };
      try {
        if (noRoom) refused += 1;
        else {
          const { route } = await ask(requests[index] as ChatRequest, warming);
          const { status } = route.cache;
          if (status === "hit" || status === "joined") present += 1;
          else {
            asked += 1;
            if (warming.outcome !== "kept") refused += 1;
          }
          noRoom ||= warming.outcome === "no room";
          costUsd += route.costUsd ?? 0;
        }
      } catch (thrown) {
        if (warming.outcome === "refused") refused += 1;
        else failures.push({ index, kind: SignalboxError.isInstance(thrown) ? thrown.kind : "server" });
      }
      done += 1;
      try {
        onProgress?.({ done, total: requests.length });
      } catch {
        // Whoever watches cannot stop the work; `signal` can.
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, requests.length) }, worker));
  failures.sort((a, b) => a.index - b.index);
  return { asked, present, refused, failures, aborted: signal?.aborted === true, costUsd };
}

function checked(options: WarmOptions): WarmOptions {
  checkNames(options ?? {}, "options", ["concurrency", "signal", "onProgress"]);
  const { concurrency, signal, onProgress } = options ?? {};
  if (concurrency !== undefined && !(Number.isInteger(concurrency) && concurrency >= 1)) {
    throw invalidOption("options.concurrency", "must be a whole number of at least 1");
  }
  if (signal !== undefined && typeof signal?.addEventListener !== "function") {
    throw invalidOption("options.signal", "must be an AbortSignal");
  }
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw invalidOption("options.onProgress", "must be a function");
  }
  return options ?? {};
}
