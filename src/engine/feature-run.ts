import type { ChatRequest } from "../chat/request.js";
import type { CallOptions } from "../contract/call-options.js";
import type { Feature, FeatureRun } from "../contract/feature.js";
import type { Deadline } from "../contract/provider.js";
import type { Clock, TimerHandle } from "../core/clock.js";
import { cancelledBy, SignalboxError } from "../errors/signalbox-error.js";

/** The slots of a feature: all members but its name, its state and what runs once per router. */
export type Slot = Exclude<keyof Feature, "name" | "state" | "open" | "close">;

/** One request, as its features share it. */
export interface FeatureRequest {
  readonly requestId: string;
  request: ChatRequest;
  readonly options: CallOptions;
  readonly streamed: boolean;
  readonly deadline: Deadline;
}

/** What the features of a router know of one request: a view for each, with a value of its own. */
export class FeatureRuns {
  readonly about: FeatureRequest;
  readonly clock: Clock;
  /** The first fault of a slot that could not end the request where it stood; the next checkpoint throws it. */
  fault: SignalboxError | undefined = undefined;
  readonly #views = new Map<Feature, FeatureRun>();

  constructor(about: FeatureRequest, clock: Clock) {
    this.about = about;
    this.clock = clock;
  }

  of(feature: Feature): FeatureRun {
    let view = this.#views.get(feature);
    if (!view) {
      view = new View(this.about, feature);
      this.#views.set(feature, view);
    }
    return view;
  }

  /** Runs one slot; what it throws that is no SignalboxError becomes an error which names the feature. */
  call<T>(feature: Feature, slot: Slot, work: (run: FeatureRun) => T): T {
    try {
      return work(this.of(feature));
    } catch (thrown) {
      throw this.failed(feature, slot, thrown);
    }
  }

  /** Runs a slot that may take its time: until the deadline, or until the caller leaves. */
  async wait<T>(feature: Feature, slot: Slot, work: (run: FeatureRun) => T | Promise<T>): Promise<T> {
    try {
      return await this.untilOver(feature, slot, work(this.of(feature)));
    } catch (thrown) {
      throw this.failed(feature, slot, thrown);
    }
  }

  /** Runs a slot that only observes; a fault waits for the next checkpoint. */
  tell(feature: Feature, slot: Slot, work: (run: FeatureRun) => unknown): void {
    try {
      const given = work(this.of(feature));
      if (given instanceof Promise) given.catch((thrown) => this.failed(feature, slot, thrown));
    } catch (thrown) {
      this.failed(feature, slot, thrown);
    }
  }

  /** @throws SignalboxError the fault of a slot that only observes */
  checkpoint(): void {
    if (this.fault) throw this.fault;
  }

  /** The error of a slot that failed, noted as the request's fault. */
  failed(feature: Feature, slot: Slot, thrown: unknown): SignalboxError {
    const error = SignalboxError.isInstance(thrown) ? thrown : slotFailed(feature, slot, "failed", thrown);
    this.fault ??= error;
    return error;
  }

  /** The error of a slot that gave what is no answer to it. */
  rubbish(feature: Feature, slot: Slot, wanted: string): SignalboxError {
    return this.failed(feature, slot, slotFailed(feature, slot, `gave no ${wanted}`, undefined));
  }

  untilOver<T>(feature: Feature, slot: Slot, work: T | Promise<T>): T | Promise<T> {
    if (!isThenable(work)) return work;
    const { deadline, options } = this.about;
    const { clock } = this;
    return new Promise<T>((resolve, reject) => {
      let timer: TimerHandle;
      const watch = (): void => {
        const leftMs = deadline.remainingMs();
        if (leftMs > 0) timer = clock.setTimeout(watch, leftMs);
        else reject(slotHung(feature, slot));
      };
      if (Number.isFinite(deadline.remainingMs())) watch();
      const { signal } = options;
      const onAbort = (): void => reject(cancelledBy(signal as AbortSignal, this.about.requestId));
      if (signal?.aborted) onAbort();
      else signal?.addEventListener("abort", onAbort, { once: true });
      Promise.resolve(work)
        .then(resolve, reject)
        .finally(() => {
          clock.clearTimeout(timer);
          signal?.removeEventListener("abort", onAbort);
        });
    });
  }
}

class View implements FeatureRun {
  readonly #about: FeatureRequest;
  readonly #feature: Feature;
  #state: { readonly value: unknown } | undefined = undefined;

  constructor(about: FeatureRequest, feature: Feature) {
    this.#about = about;
    this.#feature = feature;
  }

  get requestId(): string {
    return this.#about.requestId;
  }
  get request(): ChatRequest {
    return this.#about.request;
  }
  get options(): CallOptions {
    return this.#about.options;
  }
  get streamed(): boolean {
    return this.#about.streamed;
  }
  get deadline(): Deadline {
    return this.#about.deadline;
  }
  get state(): unknown {
    this.#state ??= { value: this.#feature.state?.() };
    return this.#state.value;
  }
}

function isThenable<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

export function slotFailed({ name }: Feature, slot: Slot, how: string, cause: unknown): SignalboxError {
  const fault = cause instanceof Error ? `: ${cause.name}` : "";
  const message = `The feature "${name}" ${how} in its slot "${slot}"${fault}`;
  return new SignalboxError("server", message, { detail: "feature", path: `use.${name}.${slot}`, cause });
}

function slotHung({ name }: Feature, slot: Slot): SignalboxError {
  const message = `The feature "${name}" did not end its slot "${slot}" before the request's deadline`;
  return new SignalboxError("timeout", message, { detail: "total", path: `use.${name}.${slot}` });
}
