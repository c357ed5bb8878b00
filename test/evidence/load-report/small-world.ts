import {
  createReply,
  createRouter,
  type ModelInfo,
  type Provider,
  type Router,
  SignalboxError,
} from "../../../src/index.js";
import { createVirtualClock, seededRandom, type VirtualClock } from "../../../src/testing/index.js";

/** A model of a small world: how fast, how dear, and when it fails. */
export interface SmallModel {
  readonly id: string;
  readonly tier?: 1 | 2 | 3 | undefined;
  readonly usdPerMTok?: ModelInfo["usdPerMTok"];
  /** Time to an answer before noise, milliseconds. */
  readonly latencyMs: (nowMs: number) => number;
  /** Standard deviation of the logarithm of times. @default 0 */
  readonly noise?: number | undefined;
  /** Whether its `call`-th call (from 0), begun at `nowMs`, fails. @default never */
  readonly fails?: ((call: number, nowMs: number) => boolean) | undefined;
  /** Tokens of an answer. @default 200 */
  readonly outputTokens?: number | undefined;
}

export interface SmallWorld {
  readonly router: Router;
  readonly clock: VirtualClock;
  /** Model ids in the order in which calls reached them. */
  readonly calls: readonly { readonly id: string; readonly atMs: number }[];
}

/** Makes a router over simulated models on a virtual clock; the router is the library's own, whole. */
export function createSmallWorld(
  models: readonly SmallModel[],
  options: Omit<Parameters<typeof createRouter>[0], "providers">,
  seed: number,
): SmallWorld {
  const clock = createVirtualClock();
  const luck = seededRandom(seed * 7 + 1);
  const calls: { id: string; atMs: number }[] = [];
  const providers = models.map((model): Provider => {
    let made = 0;
    return {
      id: model.id,
      models: [infoOf(model)],
      async chat(request) {
        const nowMs = clock.now();
        const failed = model.fails?.(made++, nowMs) ?? false;
        calls.push({ id: model.id, atMs: nowMs });
        const scale = Math.exp((model.noise ?? 0) * normal(luck));
        const lasts = failed ? 50 : model.latencyMs(nowMs) * scale;
        await new Promise<void>((resolve) => void clock.setTimeout(resolve, lasts));
        if (failed) throw new SignalboxError("server", "simulated", { status: 500 });
        const reply = createReply({ model: model.id, text: "An answer." });
        const prompt = Math.ceil(JSON.stringify(request.messages).length / 4);
        const output = model.outputTokens ?? 200;
        const usage = { prompt_tokens: prompt, completion_tokens: output, total_tokens: prompt + output };
        return { ...reply, usage };
      },
    };
  });
  const router = createRouter({ ...options, providers, clock, random: seededRandom(seed) });
  return { router, clock, calls };
}

/** Asks `count` questions, one every `everyMs`, each after the one before it unless they overlap by more than `atOnce`. */
export async function ask(
  { router, clock }: SmallWorld,
  count: number,
  { everyMs = 0, atOnce = 1 }: { readonly everyMs?: number; readonly atOnce?: number } = {},
): Promise<void> {
  let open = 0;
  for (let index = 0; index < count; index += 1) {
    if (everyMs > 0) await clock.advance(everyMs);
    while (open >= atOnce) await clock.advance(25);
    open += 1;
    const done = () => {
      open -= 1;
    };
    router.chat({ messages: [{ role: "user", content: `Question ${index}?` }] }).then(done, done);
    await clock.settle();
  }
  while (open > 0) await clock.advance(25);
}

function infoOf({ id, tier, usdPerMTok }: SmallModel): ModelInfo {
  return {
    id,
    ...(tier === undefined ? {} : { tier }),
    contextWindow: 100_000,
    maxOutput: 4_096,
    usdPerMTok: usdPerMTok === undefined ? { input: 1, output: 3 } : usdPerMTok,
    capabilities: { tools: true, vision: false, thinking: "none", json: "object" },
  };
}

/** A draw from the normal distribution (Box and Muller). */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
