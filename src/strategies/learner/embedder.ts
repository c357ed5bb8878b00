import QuickLRU from "quick-lru";
import { sha256 } from "../../chat/hash.js";
import type { Clock } from "../../core/clock.js";
import { FEATURE_SLOTS } from "./features.js";

/** Turns texts into vectors of one length, by a model of the app's own. */
export type EmbedTexts = (texts: readonly string[]) => Promise<readonly ArrayLike<number>[]>;

/** How the learner uses an embedding function. */
export interface EmbedOptions {
  /** Vectors of texts, one for each, all of one length. Called with up to 64 texts at once. */
  readonly embed: EmbedTexts;
  /**
   * The longest a request waits for its vector, milliseconds, once the function has answered a first time; 0: never.
   * While its last answer took longer than this, nobody waits.
   * @default 50
   */
  readonly waitMs?: number | undefined;
  /** The longest that one call of the function may take, milliseconds; after that its texts go without. @default 5_000 */
  readonly timeoutMs?: number | undefined;
}

/** Vectors of texts as features; never throws and never rejects. */
export interface Embedder {
  /** The features of a text, once its vector is there; until then it is asked for. */
  read(text: string): Uint16Array | undefined;
  /** A wait for a text's vector, of at most `waitMs`; `undefined` if nobody should wait. */
  wait(text: string): Promise<void> | undefined;
  /** Gets the vectors of texts before it settles. */
  load(texts: readonly string[]): Promise<void>;
}

const MOST_KEPT = 2_000;
const MOST_PENDING = 1_000;
const BATCH = 64;
const MAX_CHARS = 8_000;
const MAX_NUMBERS = 65_536;

/** Random planes: on which side of each a vector lies is what is learned from. */
const PLANES = 128;

export function createEmbedder({ embed, waitMs = 50, timeoutMs = 5_000 }: EmbedOptions, clock: Clock): Embedder {
  const known = new QuickLRU<string, Uint16Array>({ maxSize: MOST_KEPT });
  const pending = new Map<string, { readonly text: string; readonly waiting: (() => void)[] }>();
  const asked = new Map<string, (() => void)[]>();
  let lastMs = Number.POSITIVE_INFINITY;
  let scheduled = false;

  const idOf = (text: string): string => sha256(text.slice(0, MAX_CHARS));
  const request = (id: string, text: string, then?: () => void): void => {
    const waiting = asked.get(id) ?? pending.get(id)?.waiting;
    if (waiting) {
      if (then) waiting.push(then);
      return;
    }
    if (pending.size >= MOST_PENDING) {
      then?.();
      return;
    }
    pending.set(id, { text: text.slice(0, MAX_CHARS), waiting: then ? [then] : [] });
    if (!scheduled) {
      scheduled = true;
      // The texts of one turn go together.
      queueMicrotask(flush);
    }
  };
  const flush = (): void => {
    scheduled = false;
    const batch = [...pending].slice(0, BATCH);
    for (const [id, { waiting }] of batch) {
      pending.delete(id);
      asked.set(id, waiting);
    }
    if (batch.length > 0) void ask(batch.map(([id, { text }]) => ({ id, text })));
    if (pending.size > 0) {
      scheduled = true;
      queueMicrotask(flush);
    }
  };
  const ask = async (batch: readonly { readonly id: string; readonly text: string }[]): Promise<void> => {
    const startedAtMs = clock.now();
    const vectors = await within(
      embed,
      batch.map(({ text }) => text),
      timeoutMs,
      clock,
    );
    lastMs = vectors ? clock.now() - startedAtMs : Number.POSITIVE_INFINITY;
    for (const [index, { id }] of batch.entries()) {
      const features = vectors && sides(vectors[index]);
      if (features) known.set(id, features);
      const waiting = asked.get(id) ?? [];
      asked.delete(id);
      for (const resolve of waiting) resolve();
    }
  };

  return {
    read(text) {
      const id = idOf(text);
      const found = known.get(id);
      if (!found) request(id, text);
      return found;
    },
    wait(text) {
      const id = idOf(text);
      if (known.has(id)) return undefined;
      if (!(lastMs <= waitMs) || waitMs === 0) {
        request(id, text);
        return undefined;
      }
      return new Promise((resolve) => {
        const timer = clock.setTimeout(() => {
          // Slow now: nobody else waits until it has answered in time again.
          lastMs = Number.POSITIVE_INFINITY;
          resolve();
        }, waitMs);
        request(id, text, () => {
          clock.clearTimeout(timer);
          resolve();
        });
      });
    },
    async load(texts) {
      const missing = texts.map((text) => ({ id: idOf(text), text })).filter(({ id }) => !known.has(id));
      await Promise.all(missing.map(({ id, text }) => new Promise<void>((resolve) => request(id, text, resolve))));
    },
  };
}

function within(embed: EmbedTexts, texts: readonly string[], timeoutMs: number, clock: Clock) {
  return new Promise<readonly ArrayLike<number>[] | undefined>((resolve) => {
    const timer = clock.setTimeout(() => resolve(undefined), timeoutMs);
    const settle = (vectors: unknown): void => {
      clock.clearTimeout(timer);
      resolve(Array.isArray(vectors) && vectors.length === texts.length ? vectors : undefined);
    };
    Promise.resolve()
      .then(() => embed(texts))
      .then(settle, () => settle(undefined));
  });
}

/**
 * On which side of each random plane a vector lies, as slots of the learner's features: a linear model over them is close
 * to one over the vector's direction, whatever its length (Charikar, "Similarity estimation techniques from rounding
 * algorithms", STOC 2002).
 */
function sides(vector: ArrayLike<number> | undefined): Uint16Array | undefined {
  const length = vector?.length;
  if (!vector || typeof length !== "number" || !(length > 0) || length > MAX_NUMBERS) return undefined;
  const slots = new Uint16Array(PLANES);
  for (let plane = 0; plane < PLANES; plane += 1) {
    let sum = 0;
    let state = Math.imul(plane + 1, 0x9e3779b1);
    for (let index = 0; index < length; index += 1) {
      state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + index;
      sum += (state & 0x10000) === 0 ? (vector[index] as number) : -(vector[index] as number);
    }
    if (!Number.isFinite(sum)) return undefined;
    const slot = Math.imul(2 * plane + (sum > 0 ? 1 : 0) + 1, 0x85ebca6b) >>> 0;
    slots[plane] = (slot % FEATURE_SLOTS) << 2;
  }
  return slots;
}
