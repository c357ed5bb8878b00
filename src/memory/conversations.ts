import QuickLRU from "quick-lru";
import { checkMessage } from "../chat/check-message.js";
import type { Message } from "../chat/message.js";
import type { ReplyMessage } from "../chat/reply.js";
import type { Clock } from "../core/clock.js";
import { plainCopy } from "../core/plain-copy.js";
import { addedSince, bounded, continuable, split, withAskerLast, withoutLastAnswer } from "./turns.js";

/** Messages kept of one conversation; the oldest turns beyond them are forgotten. */
const MOST_MESSAGES = 10_000;

/** How conversations are remembered. */
export interface ConversationOptions {
  /** Milliseconds a conversation is kept after its last turn. @default 3_600_000 */
  readonly ttlMs?: number | undefined;
  /** Conversations kept at most, each with its last 10,000 messages; the least recently used goes first. @default 1_000 */
  readonly max?: number | undefined;
}

/** A conversation as plain JSON, to be kept elsewhere and brought back. */
export interface ConversationSnapshot {
  readonly version: 1;
  readonly messages: readonly Message[];
}

/** One turn under way: the messages to send, and the way to keep what came of it. */
export interface Turn {
  readonly messages: readonly Message[];
  /** Whether something was remembered: the turn goes on where an earlier one ended. */
  readonly continued: boolean;
  /** Appends the new messages and the answer; turns that ran at the same time each keep theirs. */
  complete(reply: ReplyMessage): void;
}

/** What conversations hold. */
export interface ConversationStats {
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
}

export function createConversations(options: ConversationOptions, deps: { readonly clock: Clock }): Conversations {
  const { ttlMs = 3_600_000, max = 1_000 } = options;
  const { clock } = deps;
  const kept = new QuickLRU<string, Remembered>({ maxSize: max });
  let corrupt = 0;
  // Lengths first: no tenant and id can be put together to read like another pair.
  const keyOf = (id: string, tenant: string | undefined): string => `${tenant?.length ?? -1}:${tenant ?? ""}${id}`;
  const find = (key: string): Remembered | undefined => {
    const found = kept.get(key);
    if (!found || clock.now() - found.atMs < ttlMs) return found;
    kept.delete(key);
    return undefined;
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
        complete(reply) {
          const now = find(key);
          const earlier = whole || !now ? [] : withAskerLast(now.turns, turns);
          // A list takes the place of what it was written from, not of turns that nobody had read then.
          const meanwhile = whole && now && now !== before ? addedSince(before?.turns ?? [], now.turns) : [];
          const all = [...earlier, ...turns, plainCopy(reply), ...meanwhile];
          kept.set(key, { system: prompt, turns: bounded(all, MOST_MESSAGES), atMs: clock.now() });
        },
      };
    },
    messages(id, tenant) {
      const found = find(keyOf(id, tenant));
      return found ? plainCopy([...found.system, ...found.turns]) : [];
    },
    forget: (id, tenant) => void kept.delete(keyOf(id, tenant)),
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
      kept.set(keyOf(id, tenant), { system, turns: bounded(turns, MOST_MESSAGES), atMs: clock.now() });
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
