import { canonical } from "./canonical.js";
import { sha256 } from "./hash.js";
import type { ChatRequest } from "./request.js";

/**
 * Begins every namespace of keys: the version of what a key covers, and that of what adapters make of a request and its
 * answer. Raised when an old answer must not serve a new key.
 */
export const KEY_SCHEMA = "signalbox/1 adapters/1";

/** Whose request it is, and which form of key. */
export interface FingerprintScope {
  readonly tenant?: string | undefined;
  /** Schema version and scope words: keys of different namespaces never meet. */
  readonly namespace: string;
  /** Letter case and outer blanks of what users say do not count. @default false */
  readonly normalize?: boolean | undefined;
}

// Fields that cannot change the answer.
const LEFT_OUT = new Set(["stream", "stream_options", "metadata", "store", "service_tier"]);
const IN_CHAIN_HEAD = ["tools", "functions", "response_format"] as const;

/**
 * The exact key of a request: sha256 over its whole canonical form, less `stream`, `stream_options`, `metadata`,
 * `store` and `service_tier`, plus tenant and namespace. A missing model counts as `"auto"`. Fields this library does not
 * know count; the order of object keys does not. The canonical length is part of the key.
 */
export function fingerprint(request: ChatRequest, scope: FingerprintScope): string {
  const normalize = scope.normalize === true;
  return keyOf(request, messagesOf(request, normalize), scope, normalize);
}

/**
 * One short hash per message boundary: entry `i` covers messages 0 to `i` with the tools before them. Two requests
 * share a vendor's prefix cache as far as their chains agree. `salt` keeps the hashes from telling what was said.
 */
export function prefixChain(request: ChatRequest, salt: string): readonly string[] {
  return chainOf(request, messagesOf(request, false), salt);
}

/** {@link fingerprint} and {@link prefixChain} in one pass over the messages. */
export function fingerprintWithChain(
  request: ChatRequest,
  scope: FingerprintScope,
  salt: string,
): { key: string; chain: readonly string[] } {
  const normalize = scope.normalize === true;
  const messages = messagesOf(request, normalize);
  return {
    key: keyOf(request, messages, scope, normalize),
    chain: chainOf(request, normalize ? messagesOf(request, false) : messages, salt),
  };
}

function messagesOf(request: ChatRequest, normalize: boolean): string[] {
  const { messages } = request;
  const parts: string[] = new Array(messages.length);
  for (let i = 0; i < messages.length; i++) {
    const message = messages[i];
    parts[i] = canonical(message, normalize && message?.role === "user");
  }
  return parts;
}

function keyOf(request: ChatRequest, messages: readonly string[], scope: FingerprintScope, normalize: boolean): string {
  let text = canonical([scope.namespace, scope.tenant ?? null, normalize, messages.length], false);
  for (let i = 0; i < messages.length; i++) text += messages[i];
  const names = Object.keys(request).sort();
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    if (name === "messages" || LEFT_OUT.has(name)) continue;
    const value = (request as unknown as Record<string, unknown>)[name];
    if (value === undefined || typeof value === "function" || typeof value === "symbol") continue;
    if (name === "model" && (value === null || value === "auto")) continue;
    text += `${name.length}:${name}${canonical(value, false)}`;
  }
  return `${sha256(text)}.${text.length}`;
}

function chainOf(request: ChatRequest, messages: readonly string[], salt: string): string[] {
  let head = `${salt.length}:${salt}`;
  for (const name of IN_CHAIN_HEAD) {
    const value = request[name];
    if (value !== undefined && value !== null) head += name + canonical(value, false);
  }
  const chain: string[] = new Array(messages.length);
  let before = head;
  for (let i = 0; i < messages.length; i++) {
    before = sha256(`${before}|${messages[i]}`).slice(0, 22);
    chain[i] = before;
  }
  return chain;
}
