import type { ChatChunk } from "../../chat/chunk.js";
import type { ServiceTier } from "../../chat/reply.js";

type Raw = { readonly [field: string]: unknown };

/** Fields of an event that the vocabulary has names for, or that are the wire's own business. */
const KNOWN: ReadonlySet<string> = new Set([
  "id",
  "object",
  "created",
  "model",
  "choices",
  "usage",
  "system_fingerprint",
  "service_tier",
  "error",
  "base_resp",
  "x_groq",
  "obfuscation",
  "p",
]);
const KNOWN_OF_CHOICE: ReadonlySet<string> = new Set([
  "index",
  "message",
  "delta",
  "finish_reason",
  "logprobs",
  "usage",
  "error",
  "text",
]);
const KNOWN_OF_USAGE: ReadonlySet<string> = new Set([
  "prompt_tokens",
  "completion_tokens",
  "total_tokens",
  "prompt_tokens_details",
  "completion_tokens_details",
]);

/**
 * What the events of one answer say besides the answer: who answered, and fields that no vocabulary knows. Of a field
 * that comes again the last value counts; an empty one never takes the place of another.
 */
export interface RestReader {
  readonly id: string;
  readonly created: number;
  readonly model: string;
  readonly fingerprint: string | undefined;
  readonly tier: ServiceTier | undefined;
  /** An event of the stream. */
  read(raw: Raw): void;
  /** Its choice. */
  readChoice(choice: Raw): void;
  /** Any other field that is worth telling. */
  note(field: string, value: unknown): void;
  /** Puts the fields that no chunk has told yet on `chunk`; whether there were any. */
  tell(chunk: ChatChunk): boolean;
}

/** Creates a reader for one answer of a provider. */
export function createRestReader(provider: string): RestReader {
  let untold: { [field: string]: unknown } | undefined;
  const said = new Map<string, unknown>();

  function note(field: string, value: unknown): void {
    if (isEmpty(value) || field === "__proto__") return;
    const before = said.get(field);
    // Some servers repeat lists of sources on every event: equal text is no news.
    if (before === value || (typeof value === "object" && JSON.stringify(before) === JSON.stringify(value))) return;
    said.set(field, value);
    untold ??= {};
    untold[field] = value;
  }

  const reader: { -readonly [member in keyof RestReader]: RestReader[member] } = {
    id: "",
    created: 0,
    model: "",
    fingerprint: undefined,
    tier: undefined,
    read(raw) {
      if (reader.id === "" && typeof raw.id === "string") reader.id = raw.id;
      if (reader.model === "" && typeof raw.model === "string") reader.model = raw.model;
      if (reader.created === 0 && typeof raw.created === "number") reader.created = raw.created;
      if (typeof raw.system_fingerprint === "string" && raw.system_fingerprint !== "") {
        reader.fingerprint = raw.system_fingerprint;
      }
      const usage = raw.usage as Raw | null | undefined;
      const tier = raw.service_tier ?? usage?.service_tier;
      if (typeof tier === "string" && tier !== "") reader.tier = tier as ServiceTier;
      for (const field in raw) if (!KNOWN.has(field)) note(field, raw[field]);
      if (typeof usage === "object" && usage !== null) {
        for (const field in usage) {
          if (KNOWN_OF_USAGE.has(field) || isEmpty(usage[field])) continue;
          // Counts beside the usual ones, and what a gateway charged.
          note("usage", usage);
          break;
        }
      }
      const groq = raw.x_groq as Raw | null | undefined;
      if (typeof groq?.id === "string") note("x_groq", { id: groq.id });
    },
    note,
    readChoice(choice) {
      for (const field in choice) if (!KNOWN_OF_CHOICE.has(field)) note(field, choice[field]);
    },
    tell(chunk) {
      if (untold === undefined) return false;
      chunk.extensions = { [provider]: untold };
      untold = undefined;
      return true;
    },
  };
  return reader;
}

/** Nothing, or a list or object that holds nothing. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return true;
  if (typeof value !== "object") return false;
  return (Array.isArray(value) ? value.length : Object.keys(value).length) === 0;
}
