import type { LanguageModelV3CallOptions } from "@ai-sdk/provider";
import { canonical } from "../../chat/canonical.js";
import { sha256 } from "../../chat/hash.js";
import { toBase64 } from "../../core/bytes.js";

/** Changes whenever what is stored changes its shape. */
const SCHEMA = "ai-sdk-1";

/** What parts answers from one another besides the call. */
export interface KeyScope {
  readonly provider: string;
  readonly modelId: string;
  readonly tenant: string | undefined;
}

/** The key of a call: everything but its signal and its headers, whole. */
export function cacheKey(call: LanguageModelV3CallOptions, scope: KeyScope): string {
  const { abortSignal: _signal, headers: _headers, includeRawChunks: _raw, ...asked } = call;
  const text = canonical([SCHEMA, scope.provider, scope.modelId, scope.tenant ?? null, readable(asked)], false);
  return `${sha256(text)}.${text.length}`;
}

/** Bytes as base64: what else is in a call is JSON, or a URL, which knows how to become one. */
function readable(value: unknown): unknown {
  if (value instanceof Uint8Array) {
    return { bytes: toBase64(value) };
  }
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== "object" || value === null || value instanceof URL) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, readable(inner)]));
}
