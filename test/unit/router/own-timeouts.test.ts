import {
  type CallOptions,
  cached,
  createRouter,
  type Provider,
  type RouterOptions,
  SignalboxError,
  simulated,
} from "signalbox";
import { createRouter as createLean, ordered } from "signalbox/lean";
import { createVirtualClock } from "signalbox/testing";
import { glm, ollama } from "signalbox/vendors";
import { describe, expect, test } from "vitest";
import { ask, double, failing, model } from "./doubles.js";

/** A provider that never answers. */
const silent = (more: Partial<Provider> = {}): Provider => ({
  id: "silent",
  models: [model()],
  chat: () => new Promise(() => {}),
  async *stream() {
    await new Promise(() => {});
  },
  ...more,
});

/** After how long, and as what, a call to a provider that never answers ends. */
async function endOf(options: Partial<RouterOptions>, call: CallOptions = {}, view?: CallOptions, streamed = false) {
  const clock = createVirtualClock();
  const router = createRouter({ providers: [silent()], clock, retry: { attempts: 1 }, ...options });
  const face = view ? router.with(view, { locked: true }) : router;
  let end: { readonly atMs: number; readonly detail: string | undefined } | undefined;
  const work = streamed ? face.stream(ask("x"), call).reply : face.chat(ask("x"), call);
  work.catch((error: SignalboxError) => {
    end = { atMs: clock.now(), detail: error.detail };
  });
  const startMs = clock.now();
  await clock.advance(700_000);
  return end && { atMs: end.atMs - startMs, detail: end.detail };
}

describe("the nearest setting counts: call, model, provider, router", () => {
  const timeouts = { headersMs: 4_000 };
  test.each<[string, Partial<RouterOptions>, CallOptions, number]>([
    ["router", { timeouts }, {}, 4_000],
    ["provider", { timeouts, providers: [silent({ timeouts: { headersMs: 3_000 } })] }, {}, 3_000],
    [
      "model",
      {
        timeouts,
        providers: [silent({ timeouts: { headersMs: 3_000 }, models: [model({ timeouts: { headersMs: 9_000 } })] })],
      },
      {},
      9_000,
    ],
    ["call", { timeouts, providers: [silent({ timeouts })] }, { timeouts: { headersMs: 5_000 } }, 5_000],
    ["a phase that nobody sets", { providers: [silent({ timeouts: { idleMs: 10 } })] }, {}, 120_000],
    ["provider within `cached`", { providers: [cached(silent({ timeouts }))] }, {}, 4_000],
  ])("%s", async (_, options, call, atMs) => {
    expect(await endOf(options, call)).toEqual({ atMs, detail: "headers" });
  });

  test("streams have it, too", async () => {
    expect(await endOf({ providers: [silent({ timeouts: { headersMs: 700 } })] }, {}, undefined, true)).toEqual({
      atMs: 700,
      detail: "headers",
    });
  });

  test("of `timeoutMs` and `timeouts.totalMs` the smaller counts", async () => {
    expect(await endOf({}, { timeoutMs: 900, timeouts: { totalMs: 800 } })).toEqual({ atMs: 800, detail: "total" });
    expect(await endOf({}, { timeoutMs: 700, timeouts: { totalMs: 800 } })).toEqual({ atMs: 700, detail: "total" });
  });

  test("`router.update` brings new ones", async () => {
    const clock = createVirtualClock();
    const router = createRouter({ providers: [silent()], clock, retry: { attempts: 1 } });
    router.update({ providers: [silent({ timeouts: { headersMs: 50 } })] });
    const failure = router.chat(ask("x")).catch((error: SignalboxError) => error.detail);
    await clock.advance(60);
    expect(await failure).toBe("headers");
  });
});

describe("a locked view takes the smaller", () => {
  test.each<[CallOptions, CallOptions, number]>([
    [{ timeouts: { headersMs: 500 } }, { timeouts: { headersMs: 900 } }, 500],
    [{ timeouts: { headersMs: 900 } }, { timeouts: { headersMs: 500 } }, 500],
    [{ timeouts: { headersMs: 900 } }, { timeouts: { idleMs: 500 } }, 900],
    [{ timeouts: { idleMs: 900 } }, { timeouts: { headersMs: 500 } }, 500],
  ])("%j and %j", async (view, call, atMs) => {
    expect(await endOf({}, call, view)).toMatchObject({ atMs });
  });

  test("of attempts", async () => {
    const provider = double("a", { fail: () => failing() });
    const router = createRouter({ providers: [provider], retry: { baseMs: 1 } });
    const view = router.with({ retry: { attempts: 2 } }, { locked: true });
    await expect(view.chat(ask("x"), { retry: { attempts: 9 } })).rejects.toThrow();
    expect(provider.calls).toBe(2);
    await expect(view.chat(ask("y"), { retry: { attempts: 1 } })).rejects.toThrow();
    expect(provider.calls).toBe(3);
  });
});

describe("retry: { attempts } of a call", () => {
  test("counts over the router's, both ways", async () => {
    for (const attempts of [1, 3]) {
      const provider = double("a", { fail: () => failing() });
      const router = createRouter({ providers: [provider], retry: { attempts: 2, baseMs: 1 } });
      const error = await router.chat(ask("x"), { retry: { attempts } }).catch((thrown: SignalboxError) => thrown);
      expect(provider.calls).toBe(attempts);
      expect((error as SignalboxError).attempts).toHaveLength(attempts);
    }
  });

  test("a router within may not make more calls than the outer one has left", async () => {
    const provider = double("a", { fail: () => failing() });
    const inner = createRouter({ id: "inner", providers: [provider], retry: { attempts: 9, baseMs: 1 } });
    const outer = createRouter({ providers: [inner as Provider], retry: { baseMs: 1 } });
    await expect(outer.chat(ask("x"), { retry: { attempts: 2 } })).rejects.toThrow();
    expect(provider.calls).toBeLessThanOrEqual(2);
  });

  test("equal requests with other times or attempts share no flight", async () => {
    const provider = double("a");
    const router = createRouter({ providers: [provider], cache: {} });
    const calls: CallOptions[] = [{}, { retry: { attempts: 1 } }, { timeouts: { headersMs: 1_000 } }];
    await Promise.all(calls.map((options) => router.chat(ask("x"), options)));
    expect(provider.calls).toBe(3);
  });
});

describe("wrong ones are refused with their path", () => {
  const make = {
    call: (wrong: object) => createRouter({ providers: [double("a")] }).with(wrong as never),
    provider: (wrong: object) => createRouter({ providers: [{ ...double("a"), ...wrong } as never] }),
    lean: (wrong: object) => createLean({ providers: [{ ...double("a"), ...wrong } as never], strategy: ordered() }),
    simulated: (wrong: object) => simulated(wrong as never),
    glm: (wrong: object) => glm({ apiKey: "k", ...wrong } as never),
    ollama: (wrong: object) => ollama({ models: ["m"], ...wrong } as never),
  };
  test.each<[keyof typeof make, object, string]>([
    ["call", { timeouts: 5 }, "options.timeouts"],
    ["call", { timeouts: { headerMs: 5 } }, "options.timeouts.headerMs"],
    ["call", { timeouts: { totalMs: 0 } }, "options.timeouts.totalMs"],
    ["call", { retry: 3 }, "options.retry"],
    ["call", { retry: { attempts: 0 } }, "options.retry.attempts"],
    ["call", { retry: { attempts: 2.5 } }, "options.retry.attempts"],
    ["call", { retry: { baseMs: 5 } }, "options.retry.baseMs"],
    ["provider", { timeouts: { totalMs: 5 } }, "providers[0].timeouts.totalMs"],
    ["provider", { timeouts: null }, "providers[0].timeouts"],
    ["provider", { models: [model({ timeouts: { idleMs: -1 } })] }, "providers[0].models[0].timeouts.idleMs"],
    ["lean", { timeouts: { idleMs: "1s" } }, "providers[0].timeouts.idleMs"],
    ["lean", { models: [model({ timeouts: { idleMs: -1 } })] }, "providers[0].models[0].timeouts.idleMs"],
    ["simulated", { timeouts: { idleMs: Number.NaN } }, "timeouts.idleMs"],
    ["glm", { timeouts: [] }, "timeouts"],
    ["ollama", { models: [{ id: "m", timeouts: { firstTokenMs: 0 } }] }, "models[0].timeouts.firstTokenMs"],
  ])("%s: %j", (which, wrong, path) => {
    expect(() => make[which](wrong)).toThrow(expect.objectContaining({ kind: "invalid_options", path }));
  });

  test("among the fields of a request they are told where they belong", async () => {
    const router = createRouter({ providers: [double("a")] });
    for (const misplaced of [{ retry: { attempts: 1 } }, { timeouts: { idleMs: 5 } }]) {
      const error = await router.chat({ ...ask("x"), ...misplaced } as never).catch((thrown) => thrown);
      expect(SignalboxError.isInstance(error) && error.path).toBe(Object.keys(misplaced)[0]);
    }
  });
});
