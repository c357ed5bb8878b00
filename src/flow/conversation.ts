import QuickLRU from "quick-lru";
import type { Message } from "../chat/message.js";
import type { ReplyMessage } from "../chat/reply.js";
import { estimateRequestTokens } from "../chat/tokens.js";
import type { Clock } from "../core/clock.js";

/** How conversations are remembered. */
export interface ConversationOptions {
  /** Milliseconds a conversation is kept after its last turn. @default 3_600_000 */
  readonly ttlMs?: number | undefined;
  /** Conversations kept at most; the least recently used goes first. @default 1_000 */
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

/** Remembers conversations by tenant and id, so that a turn can be sent as its new message alone. */
export interface Conversations {
  /**
   * What to send for these messages. A list with an assistant's message in it is the whole history as the app sees
   * it, and takes the place of what was remembered; anything else continues it. A system prompt that is sent again
   * replaces the one remembered.
   */
  begin(id: string, tenant: string | undefined, messages: readonly Message[]): Turn;
  messages(id: string, tenant: string | undefined): readonly Message[];
  forget(id: string, tenant: string | undefined): void;
  snapshot(id: string, tenant: string | undefined): ConversationSnapshot;
  /** `false` where the snapshot is none, or of another version: nothing changes then. */
  restore(id: string, tenant: string | undefined, snapshot: unknown): boolean;
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
  // Lengths first: no tenant and id can be put together to read like another pair.
  const keyOf = (id: string, tenant: string | undefined): string => `${tenant?.length ?? -1}:${tenant ?? ""}${id}`;
  const find = (key: string): Remembered | undefined => {
    const found = kept.get(key);
    if (!found || clock.now() - found.atMs < ttlMs) return found;
    kept.delete(key);
    return undefined;
  };

  return {
    begin(id, tenant, messages) {
      const key = keyOf(id, tenant);
      const before = find(key);
      const { system, turns } = split(messages);
      const whole = turns.some((message) => message.role === "assistant");
      const prompt = system.length > 0 || !before ? system : before.system;
      const history = whole || !before ? [] : before.turns;
      return {
        messages: [...prompt, ...history, ...turns],
        continued: history.length > 0,
        complete(reply) {
          const now = find(key);
          const earlier = whole || !now ? [] : now.turns;
          kept.set(key, { system: prompt, turns: [...earlier, ...turns, reply], atMs: clock.now() });
        },
      };
    },
    messages(id, tenant) {
      const found = find(keyOf(id, tenant));
      return found ? [...found.system, ...found.turns] : [];
    },
    forget: (id, tenant) => void kept.delete(keyOf(id, tenant)),
    snapshot(id, tenant) {
      return { version: 1, messages: structuredClone(this.messages(id, tenant)) };
    },
    restore(id, tenant, snapshot) {
      if (!isSnapshot(snapshot)) return false;
      const { system, turns } = split(structuredClone(snapshot.messages));
      kept.set(keyOf(id, tenant), { system, turns, atMs: clock.now() });
      return true;
    },
  };
}

/**
 * A history cut to fit: system prompts and the last turn stay, the oldest turns go first, and a tool call never loses
 * its result. Gives the list back as it is where it fits.
 */
export function trimToTokens(messages: readonly Message[], maxTokens: number): readonly Message[] {
  if (estimateRequestTokens({ messages }) <= maxTokens) return messages;
  const { system, turns } = split(messages);
  const groups = groupsOf(turns);
  let room = maxTokens - estimateRequestTokens({ messages: system });
  let first = groups.length;
  while (first > 0) {
    const tokens = estimateRequestTokens({ messages: groups[first - 1] as Message[] });
    if (first < groups.length && tokens > room) break;
    room -= tokens;
    first -= 1;
  }
  return [...system, ...groups.slice(first).flat()];
}

/** Turns that stand or fall together: from one user's message up to the next. */
function groupsOf(turns: readonly Message[]): Message[][] {
  const groups: Message[][] = [];
  for (const message of turns) {
    const last = groups.at(-1);
    if (last && message.role !== "user") last.push(message);
    else groups.push([message]);
  }
  return groups;
}

function split(messages: readonly Message[]): { system: readonly Message[]; turns: readonly Message[] } {
  let at = 0;
  while (at < messages.length && isPrompt(messages[at] as Message)) at += 1;
  return { system: messages.slice(0, at), turns: messages.slice(at) };
}

function isPrompt({ role }: Message): boolean {
  return role === "system" || role === "developer";
}

function isSnapshot(value: unknown): value is ConversationSnapshot {
  if (typeof value !== "object" || value === null) return false;
  const { version, messages } = value as Partial<ConversationSnapshot>;
  if (version !== 1 || !Array.isArray(messages)) return false;
  return messages.every((message: unknown) => typeof (message as { role?: unknown } | null)?.role === "string");
}
