/**
 * Spans and metrics of OpenTelemetry.
 *
 * @module signalbox/otel
 */

export type { ContentOptions } from "./content.js";
export { type Instrumentation, type InstrumentOptions, instrument } from "./instrument.js";
export { SEMCONV_VERSION } from "./names.js";
export type { CallsLike, RouterLike, StreamLike, TurnLike } from "./router-like.js";
