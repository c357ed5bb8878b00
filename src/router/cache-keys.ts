import {
  type FingerprintScope,
  fingerprint,
  fingerprintWithChain,
  KEY_SCHEMA,
  prefixChain,
} from "../chat/fingerprint.js";
import type { ChatRequest } from "../chat/request.js";
import { jsonSchemaOf } from "../chat/standard-schema.js";
import type { CallOptions } from "../contract/call-options.js";
import { storable } from "../memory/write-gate.js";
import type { RequestKeys, RouterParts } from "./parts.js";

const NO_CHAIN: readonly string[] = Object.freeze([]);

/** Cache key and prefix chain, in one pass where both are needed. */
export function keysOf(parts: RouterParts, request: ChatRequest, options: CallOptions): RequestKeys {
  const scope = keyScopeOf(parts, request, options);
  if (!parts.affinity) return { cacheKey: scope && fingerprint(request, scope), cacheScope: scope, chain: NO_CHAIN };
  const salt = options.tenant ?? "";
  if (!scope) return { cacheKey: undefined, cacheScope: undefined, chain: prefixChain(request, salt) };
  const { key, chain } = fingerprintWithChain(request, scope, salt);
  return { cacheKey: key, cacheScope: scope, chain };
}

/** What a cache key covers besides the request; `undefined` where it is neither looked up nor stored. */
function keyScopeOf(
  { caching, kit }: RouterParts,
  request: ChatRequest,
  options: CallOptions,
): FingerprintScope | undefined {
  if (options.cache === false || (!caching && !kit.shares)) return undefined;
  if (options.cache?.mode === "none" || options.cache?.mode === "context") return undefined;
  if (caching?.tenancyRequired && options.tenant === undefined) return undefined;
  if (!storable(request, caching?.gate ?? {})) return undefined;
  const { tenant, output, headers } = options;
  // Headers may change what is answered, so these answers are kept apart, too.
  const schema = headers ? `${KEY_SCHEMA} headers ${JSON.stringify(Object.entries(headers).sort())}` : KEY_SCHEMA;
  // A schema changes what is asked, so its answers are kept apart from the plain ones.
  const namespace = output ? `${schema} output ${JSON.stringify(jsonSchemaOf(output))}` : schema;
  return { namespace, normalize: caching?.normalize ?? false, ...(tenant === undefined ? {} : { tenant }) };
}
