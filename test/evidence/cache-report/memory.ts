import { createHash } from "node:crypto";
import { createReply } from "../../../src/chat/create-reply.js";
import { seededRandom } from "../../../src/core/random.js";
import { createCache } from "../../../src/memory/cache.js";
import { createResponseCache, type PutOptions } from "../../../src/memory/response-cache.js";
import { packReply } from "../../../src/memory/stored-reply.js";
import type { Cache } from "../../../src/memory/types.js";
import { settledHeap } from "./policy-bytes.js";
import { table } from "./table.js";

const ENTRIES = 12_000;
const CHINESE = "缓存命中率取决于请求的重复程度和有效期的长短以及淘汰策略是否合理";

function text(length: number, alphabet: string, seed: number): string {
  const random = seededRandom(seed);
  let made = "";
  while (made.length < length) made += alphabet[Math.floor(random() * alphabet.length)];
  return made;
}

/** Puts an answer under a key as `chat/fingerprint` makes them. */
function put(cache: Cache, n: number, content: string, options: PutOptions = {}): void {
  const usage = {
    prompt_tokens: 500 + (n % 90),
    completion_tokens: 498,
    total_tokens: 998 + (n % 90),
    prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0 },
  };
  const id = `chatcmpl-${createHash("md5").update(`${n}`).digest("hex")}`;
  const reply = createReply({ id, text: content, model: "MiniMax-M2.5", usage, created: 1.7e9 });
  const about = {
    provider: "minimax",
    candidate: "minimax/MiniMax-M2.5",
    origin: "k3J_x9Qa",
    storedAtWallMs: 1.7e12 + n,
    costUsd: 0.00123 + n / 1e7,
  };
  const key = `${createHash("sha256").update(`${n}`).digest("base64url")}.${2_000 + (n % 90)}`;
  createResponseCache(cache).put(key, packReply(reply, about), options);
}

const LATIN = "abcdefghijklmnopqrstuvwxyz     ";
const STATES = [
  ["filling", 2 ** 32],
  ["turning over", 8_000_000],
] as const;
const CASES: readonly (readonly [name: string, fill: Fill])[] = [
  ["answer of 2,000 characters", (cache, n) => put(cache, n, text(2_000, LATIN, n))],
  ["answer of 2,000 Chinese characters", (cache, n) => put(cache, n, text(2_000, CHINESE, n))],
  ["answer of 200 characters", (cache, n) => put(cache, n, text(200, LATIN, n))],
  [
    "answer of 2,000, tenant and conversation",
    (cache, n) => put(cache, n, text(2_000, LATIN, n), { tenant: "acme", conversationId: `c${n >> 2}` }),
  ],
  ["text of 500 characters", (cache, n) => cache.set(`key:${n}`, text(500, LATIN, n))],
  ["small object", (cache, n) => cache.set(`key:${n}`, { id: n, name: `item ${n}`, score: n / 7, list: [n, "x"] })],
  ["small object in Chinese", (cache, n) => cache.set(`key:${n}`, { id: n, name: text(24, CHINESE, n), list: [n] })],
  ["object of 2,000 characters", (cache, n) => cache.set(`key:${n}`, { id: n, name: text(2_000, LATIN, n) })],
];

type Fill = (cache: Cache, n: number) => void;

/** Its own function, so that nothing of one measurement is alive in the next. */
function measure(
  fill: Fill,
  budget: number,
): { readonly entries: number; readonly heap: number; readonly bytes: number } {
  const before = settledHeap();
  const cache = createCache({ maxBytes: budget });
  for (let n = 0; n < ENTRIES; n++) fill(cache, n);
  const heap = settledHeap() - before;
  const { entries, bytes } = cache.stats();
  return { entries, heap, bytes };
}

/** Heap of a cache's entries as measured, against what the cache says. */
export function reportMemory(print: (line: string) => void, progress: (what: string) => void): void {
  const rows: string[][] = [];
  for (const [name, fill] of CASES) {
    for (const [state, budget] of STATES) {
      progress(`${name}, ${state}`);
      measure(fill, 1_000_000); // compiles what is measured next
      const { entries, heap, bytes } = measure(fill, budget);
      const off = `${bytes >= heap ? "+" : ""}${((bytes / heap - 1) * 100).toFixed(1)} %`;
      rows.push([`${name}, ${state}`, String(entries), (heap / entries).toFixed(0), (bytes / entries).toFixed(0), off]);
    }
  }
  print("Heap of an entry, bytes: everything the cache holds, divided by its entries");
  for (const line of table(["", "entries", "measured", "accounted", "off by"], rows)) print(`  ${line}`);
  print("");
}
