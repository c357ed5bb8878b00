import {
  type Context,
  context,
  type MeterProvider,
  metrics,
  ProxyTracerProvider,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TracerProvider,
  trace,
} from "@opentelemetry/api";
import type { EventMap, EventName } from "../../contract/events.js";
import type { Attempt, RequestRecord } from "../../contract/records.js";
import { checkBoolean, checkMethods, checkOptions } from "../../errors/check-options.js";
import { invalidOption } from "../../errors/signalbox-error.js";
import { attemptAttributes, callAttributes, requestAttributes } from "./attributes.js";
import { type ContentOptions, checkContent, createContentWriter } from "./content.js";
import { createInstruments } from "./instruments.js";
import * as names from "./names.js";
import type { RouterLike } from "./router-like.js";
import { SeenCall, tracedView } from "./traced-view.js";

/** Where spans and metrics go, and what they may hold. */
export interface InstrumentOptions {
  /** Who makes the tracer. @default the global one */
  readonly tracerProvider?: TracerProvider | undefined;
  /** Who makes the meter. @default the global one, as it stands when `instrument` is called: set up the SDK first */
  readonly meterProvider?: MeterProvider | undefined;
  /**
   * Records prompts and answers on the request's span, of calls through {@link Instrumentation.router} alone. Needs a
   * context manager, which the Node SDK brings. @default false
   */
  readonly captureContent?: boolean | ContentOptions | undefined;
  /** Requests traced at one time; later ones go untraced until others end. @default 10_000 */
  readonly maxOpen?: number | undefined;
}

/** A router that is traced, and the way to stop. */
export interface Instrumentation<R> {
  /**
   * The same router. What its calls do (a router within, an instrumented `fetch`, spans of your own providers) is inside
   * the request's span, and its streams belong to the span they were asked for in, wherever they are read. Needs a
   * context manager, which the Node SDK brings.
   */
  readonly router: R;
  /** Stops listening; spans still open are ended. */
  stop(): void;
}

/** A request under way. */
interface OpenRequest {
  readonly asked: EventMap["request"];
  readonly span: Span;
  readonly inside: Context;
  /** What to add to `performance.now()` for the wall clock. */
  readonly wallOffsetMs: number;
  readonly seen: SeenCall | undefined;
}

/**
 * Traces and measures a router: a span per request, a child span per upstream call in the words of the GenAI semantic
 * conventions ({@link names.SEMCONV_VERSION}), and their metrics. Without an OpenTelemetry SDK it does next to nothing.
 *
 * @throws SignalboxError `invalid_options`
 * @example
 * const { router } = instrument(createRouter({ providers: [minimax(), glm(), kimi()] }));
 */
export function instrument<R extends RouterLike>(router: R, options: InstrumentOptions = {}): Instrumentation<R> {
  const { captureContent = false, maxOpen = 10_000 } = options;
  checkMethods(router, "router", ["chat", "stream", "with", "conversation", "on", "off"], "a router");
  checkOptions(options, "instrument", ["tracerProvider", "meterProvider", "captureContent", "maxOpen"]);
  if (!(Number.isInteger(maxOpen) && maxOpen > 0)) throw invalidOption("maxOpen", "must be a whole number above 0");
  if (typeof captureContent === "object") checkContent(captureContent);
  else checkBoolean(captureContent, "captureContent");
  const tracers = options.tracerProvider ?? trace.getTracerProvider();
  const tracer = tracers.getTracer("signalbox", undefined, {
    schemaUrl: `https://opentelemetry.io/schemas/${names.SEMCONV_VERSION}`,
  });
  const meter = (options.meterProvider ?? metrics.getMeterProvider()).getMeter("signalbox");
  const instruments = createInstruments(meter);
  const content =
    captureContent === false ? undefined : createContentWriter(captureContent === true ? {} : captureContent);
  const open = new Map<string, OpenRequest>();

  const onRequest = (asked: EventMap["request"]): void => {
    const { requestId, tenant, streamed } = asked;
    if (isIdle(tracers) || open.size >= maxOpen || open.has(requestId)) return;
    const outside = context.active();
    const startTime = Date.now();
    const wallOffsetMs = startTime - performance.now();
    const attributes = {
      "signalbox.request_id": requestId,
      "signalbox.streamed": streamed,
      "signalbox.tenant": tenant,
      "gen_ai.conversation.id": asked.conversationId,
    };
    const span = tracer.startSpan("signalbox.request", { kind: SpanKind.INTERNAL, startTime, attributes }, outside);
    if (!span.isRecording()) return;
    follow();
    const seen = SeenCall.take(outside);
    const inside = trace.setSpan(outside, span);
    seen?.enter(inside);
    open.set(requestId, { asked, span, inside, wallOffsetMs, seen });
    if (!content || !seen) return;
    const messages = seen.messages();
    span.setAttribute(names.INPUT_MESSAGES, content.input(messages));
    const system = content.system(messages);
    if (system !== undefined) span.setAttribute(names.SYSTEM_INSTRUCTIONS, system);
  };

  const onAttempt = (attempt: Attempt): void => {
    instruments?.attempt(attempt);
    const request = open.get(attempt.requestId);
    if (!request) return;
    // The event comes when the call settles; its own clock says how long ago it began.
    const endTime = request.wallOffsetMs + performance.now();
    const startTime = endTime - (attempt.settledAtMs - attempt.startedAtMs);
    // What a span is begun with, an SDK goes over twice: only what a sampler may want.
    const attributes = callAttributes(attempt);
    const span = tracer.startSpan(
      `chat ${attempt.model}`,
      { kind: SpanKind.CLIENT, startTime, attributes },
      request.inside,
    );
    span.setAttributes(attemptAttributes(attempt, request.asked));
    setStatus(span, attempt.outcome, attempt.detail);
    span.end(endTime);
  };

  const onDone = (record: RequestRecord): void => {
    instruments?.done(record);
    const request = open.get(record.requestId);
    if (!request) return;
    open.delete(record.requestId);
    const { span, seen, wallOffsetMs } = request;
    const endTime = wallOffsetMs + performance.now();
    span.setAttributes(requestAttributes(record));
    setStatus(span, record.outcome === "ok" ? "success" : record.outcome, record.detail);
    if (!content || !seen || record.outcome !== "ok") {
      span.end(endTime);
      return;
    }
    // The reply is handed over right after this event; the span keeps the time of the event.
    seen
      .reply()
      .then((reply) => void span.setAttribute(names.OUTPUT_MESSAGES, content.output(reply)))
      .catch(() => {})
      .finally(() => span.end(endTime));
  };

  const note = (name: string, requestId: string | undefined, attributes: Record<string, string | number>): void => {
    const request = requestId === undefined ? undefined : open.get(requestId);
    request?.span.addEvent(name, attributes, request.wallOffsetMs + performance.now());
  };

  const leave: (() => void)[] = [];
  const hear = <Name extends EventName>(name: Name, listener: (event: EventMap[Name]) => void): void => {
    router.on(name, listener);
    leave.push(() => void router.off(name, listener));
  };
  let following = false;
  /** Hears what comes after a request's begin: a router makes no event that nobody hears. */
  const follow = (): void => {
    if (following) return;
    following = true;
    hear("attempt", onAttempt);
    hear("done", onDone);
    hear("retry", ({ requestId, candidate, error, delayMs }) =>
      note("signalbox.retry", requestId, { candidate, error, delay_ms: delayMs }),
    );
    hear("fallback", ({ requestId, from, to, error }) => note("signalbox.fallback", requestId, { from, to, error }));
    hear("degraded", ({ requestId, rung }) => note("signalbox.degraded", requestId, { rung }));
  };
  hear("request", onRequest);
  if (instruments) {
    hear("breaker", instruments.breaker);
    follow();
  }

  return {
    router: tracedView(router, () => isIdle(tracers)),
    stop() {
      for (const off of leave) off();
      for (const { span } of open.values()) span.end();
      open.clear();
    },
  };
}

/** What stands in for a tracer provider until one is registered. */
const NOBODY = new ProxyTracerProvider().getDelegate();

/** Whether spans go nowhere yet; a provider may be registered later. */
function isIdle(tracers: TracerProvider): boolean {
  return tracers instanceof ProxyTracerProvider && tracers.getDelegate() === NOBODY;
}

/** A caller that left is nobody's error. */
function setStatus(span: Span, outcome: string, detail: string | undefined): void {
  if (outcome === "success" || outcome === "cancelled") return;
  const message = detail === undefined ? outcome : `${outcome} (${detail})`;
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}
