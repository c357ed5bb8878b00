import type { Served } from "./answer.js";

/** Headers of a streamed answer: no cache keeps it, and no proxy (nginx by the third) holds pieces back. */
export const EVENT_STREAM_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
};

/** The route as `x-signalbox-*` headers, and under the names that the SDKs read. */
export function routeHeaders({ requestId, provider, model, cache, costUsd }: Served): Headers {
  const headers = new Headers();
  if (requestId !== undefined) setRequestId(headers, requestId);
  if (provider !== undefined) setHeader(headers, "x-signalbox-provider", provider);
  if (model !== undefined) setHeader(headers, "x-signalbox-model", model);
  if (cache !== undefined) headers.set("x-signalbox-cache", cache.status);
  if (typeof costUsd === "number") headers.set("x-signalbox-cost-usd", costUsd.toFixed(9).replace(/\.?0+$/, ""));
  return headers;
}

/** The request's id: `x-request-id` for the openai SDK, `request-id` for Anthropic's. */
export function setRequestId(headers: Headers, requestId: string): void {
  for (const name of ["x-request-id", "request-id", "x-signalbox-request-id"]) setHeader(headers, name, requestId);
}

/** Sets a header to any text: what is outside visible ASCII is percent-encoded, a lone surrogate replaced. */
export function setHeader(headers: Headers, name: string, value: string): void {
  const visible = /^[\x21-\x7e]+$/.test(value);
  headers.set(name, visible ? value : encodeURIComponent(value.replace(/\p{Surrogate}/gu, "\ufffd")));
}
