export type { EventSource } from "./event-source.js";
export { assertApiKey, assertBaseUrl, assertHeaders } from "./guard.js";
export type { HttpCall } from "./http-call.js";
export { parseJson } from "./json.js";
export { LIMITS } from "./limits.js";
export { openEvents } from "./open-events.js";
export { type JsonAnswer, requestJson } from "./request-json.js";
export { createSseParser, type SseEvent, type SseParser, type SseParserOptions } from "./sse.js";
