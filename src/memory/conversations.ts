import { checkMessage } from "../chat/check-message.js";
import type { Message } from "../chat/message.js";
import type { ReplyMessage } from "../chat/reply.js";
import type { Clock } from "../core/clock.js";
import { plainCopy } from "../core/plain-copy.js";
import { trimToTokens } from "./trim.js";
import { addedSince, bounded, continuable, split, withAskerLast, withoutLastAnswer } from "./turns.js";

/** Messages kept of one conversation; the oldest turns beyond them are forgotten. */
const MOST_MESSAGES = 10_000;

/** How conversations are remembered. */
export interface ConversationOptions {
  /** Milliseconds a conversation is kept after its last turn. @default 3_600_000 */
  readonly ttlMs?: number | undefined;
  /** Conversations kept at most, each with its last 10,000 messages; the least recently used goes first. @default 1_000 */
  readonly max?: number | undefined;
  /**
   * Bytes that all of them take at most; the least recently used goes first. Of each conversation only what the largest
   * window here could be sent is kept. @default 67_108_864 (64 MiB)
   */
  readonly maxBytes?: number | undefined;
}

/** A conversation as plain JSON, to be kept elsewhere and brought back. */
export interface ConversationSnapshot {
  /** The version of this form. */
  readonly version: 1;
  /** The turns, oldest first. */
  readonly messages: readonly Message[];
}

/** One turn under way: the messages to send, and the way to keep what came of it. */
export interface Turn {
  readonly messages: readonly Message[];
  /** Whether something was remembered: the turn goes on where an earlier one ended. */
  readonly continued: boolean;
  /** Whether earlier turns were forgotten (too many conversations, too many bytes, or too long ago) and are not sent. */
  readonly forgotten: boolean;
  /** Appends the new messages and the answer; turns that ran at the same time each keep theirs. */
  complete(reply: ReplyMessage): void;
}

/** What conversations hold. */
export interface ConversationStats {
  /** Conversations that are kept. */
  readonly kept: number;
  /** Snapshots that were not taken: corrupt, or of another version. */
  readonly corrupt: number;
}

/** Remembers conversations by tenant and id, so that a turn can be sent as its new message alone. */
export interface Conversations {
  /**
   * What to send for these messages. A list with an assistant's message in it is the whole history as the app sees
   * it, and takes the place of what was remembered; anything else continues it, and so does a list that begins with the
   * last answer. A system prompt that is sent again replaces the one remembered.
   *
   * @param whole the list is the whole history, whatever is in it.
   */
  begin(id: string, tenant: string | undefined, messages: readonly Message[], whole?: boolean): Turn;
  messages(id: string, tenant: string | undefined): readonly Message[];
  forget(id: string, tenant: string | undefined): void;
  snapshot(id: string, tenant: string | undefined): ConversationSnapshot;
  /** `false`, and nothing changes, where the snapshot is malformed or of another version. */
  restore(id: string, tenant: string | undefined, snapshot: unknown): boolean;
  stats(): ConversationStats;
}

interface Remembered {
  system: readonly Message[];
  turns: readonly Message[];
  atMs: number;
  bytes: number;
}

interface ConversationDeps {
  readonly clock: Clock;
  /** Tokens of the largest window that a conversation could be sent to. @default Infinity */
  readonly largestWindow?: number | undefined;
}

/** Ids of forgotten conversations that are remembered, so that their next turn says so. */
const MOST_FORGOTTEN = 100_000;
/** Kept are so many times what the largest window could be sent: estimates err, and a larger model may come. */
const WINDOW_MARGIN = 4;
const DEFAULT_BYTES = 64 * 1024 * 1024;

export function createConversations(options: ConversationOptions, deps: ConversationDeps): Conversations {
  const { ttlMs = 3_600_000, max = 1_000, maxBytes = DEFAULT_BYTES } = options;
  const { clock, largestWindow = Number.POSITIVE_INFINITY } = deps;
  /** Least recently used first. */
  const kept = new Map<string, Remembered>();
  const forgotten = new Set<string>();
  let bytes = 0;
  let corrupt = 0;
  const remove = (key: string): void => {
    bytes -= kept.get(key)?.bytes ?? 0;
    kept.delete(key);
  };
  const forget = (key: string): void => {
    remove(key);
    forgotten.delete(key);
    forgotten.add(key);
    for (const oldest of forgotten) {
      if (forgotten.size <= MOST_FORGOTTEN) break;
      forgotten.delete(oldest);
    }
  };
  const store = (key: string, system: readonly Message[], all: readonly Message[]): void => {
    const turns = withinWindow(bounded(all, MOST_MESSAGES), largestWindow * WINDOW_MARGIN);
    const entry = { system, turns, atMs: clock.now(), bytes: bytesOf(system) + bytesOf(turns) };
    remove(key);
    kept.set(key, entry);
    forgotten.delete(key);
    bytes += entry.bytes;
    for (const oldest of kept.keys()) {
      if (kept.size <= max && bytes <= maxBytes) break;
      forget(oldest);
    }
  };
  // Lengths first: no tenant and id can be put together to read like another pair.
  const keyOf = (id: string, tenant: string | undefined): string => `${tenant?.length ?? -1}:${tenant ?? ""}${id}`;
  const find = (key: string): Remembered | undefined => {
    const found = kept.get(key);
    if (!found) return undefined;
    if (clock.now() - found.atMs >= ttlMs) {
      forget(key);
      return undefined;
    }
    kept.delete(key);
    kept.set(key, found);
    return found;
  };

  return {
    begin(id, tenant, messages, given = false) {
      const key = keyOf(id, tenant);
      const before = find(key);
      // Copies: what the app does with its messages later is not part of the conversation.
      const { system, turns: sent } = split(plainCopy(messages));
      const turns = before && !given ? withoutLastAnswer(sent, before.turns) : sent;
      const whole = given || turns.some((message) => message.role === "assistant");
      const prompt = system.length > 0 || !before ? system : before.system;
      const history = whole || !before ? [] : continuable(before.turns, turns);
      return {
        messages: [...prompt, ...history, ...turns],
        continued: history.length > 0,
        forgotten: !whole && !before && forgotten.has(key),
        complete(reply) {
          const now = find(key);
          const earlier = whole || !now ? [] : withAskerLast(now.turns, turns);
          // A list takes the place of what it was written from, not of turns that nobody had read then.
          const meanwhile = whole && now && now !== before ? addedSince(before?.turns ?? [], now.turns) : [];
          const all = [...earlier, ...turns, plainCopy(reply), ...meanwhile];
          store(key, prompt, all);
        },
      };
    },
    messages(id, tenant) {
      const found = find(keyOf(id, tenant));
      return found ? plainCopy([...found.system, ...found.turns]) : [];
    },
    forget(id, tenant) {
      const key = keyOf(id, tenant);
      remove(key);
      forgotten.delete(key);
    },
    snapshot(id, tenant) {
      return { version: 1, messages: this.messages(id, tenant) };
    },
    restore(id, tenant, snapshot) {
      const messages = messagesIn(snapshot);
      if (!messages) {
        corrupt += 1;
        return false;
      }
      const { system, turns } = split(messages);
      store(keyOf(id, tenant), system, turns);
      return true;
    },
    stats: () => ({ kept: kept.size, corrupt }),
  };
}

/** A copy of the messages in a snapshot; `undefined` where they could not be sent. */
function messagesIn(snapshot: unknown): readonly Message[] | undefined {
  try {
    const { version, messages } = snapshot as Partial<ConversationSnapshot>;
    if (version !== 1 || !Array.isArray(messages)) return undefined;
    return messages.every((message, at) => checkMessage(message, at) === null) ? plainCopy(messages) : undefined;
  } catch {
    // Nothing at all, or a getter that throws.
    return undefined;
  }
}

/** The newest turns that the largest window could be sent; all of them where they fit. */
function withinWindow(turns: readonly Message[], tokens: number): readonly Message[] {
  return tokens === Number.POSITIVE_INFINITY ? turns : trimToTokens(turns, tokens);
}

/** Heap that messages take, about: two bytes a character, and what objects and keys take. */
function bytesOf(value: unknown): number {
  if (typeof value === "string") return 16 + 2 * value.length;
  if (typeof value !== "object" || value === null) return 8;
  let sum = 32;
  for (const item of Object.values(value)) sum += 16 + bytesOf(item);
  return sum;
}
