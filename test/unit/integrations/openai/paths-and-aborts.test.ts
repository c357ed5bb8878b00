import OpenAI, { APIUserAbortError, NotFoundError } from "openai";
import { describe, expect, it, vi } from "vitest";
import type { CallOptions } from "../../../../src/contract/call-options.js";
import type { CallContext } from "../../../../src/contract/provider.js";
import { SignalboxError } from "../../../../src/errors/signalbox-error.js";
import { createRouter } from "../../../../src/index.js";
import { createFetch, type FetchOptions, type Target } from "../../../../src/integrations/openai/index.js";
import { aborted, deltaChunk, says, scripted } from "../support.js";

const messages = [{ role: "user" as const, content: "Hello" }];

const clientFor = (target: Target): OpenAI => new OpenAI({ apiKey: "unused", fetch: createFetch(target) });

const chatBody = (more: object = {}): string => JSON.stringify({ model: "auto", messages, ...more });

const post = (target: Target, body: string, options?: FetchOptions): Promise<Response> =>
  createFetch(target, options)("http://router.invalid/v1/chat/completions", { method: "POST", body });

describe("leaving early", () => {
  it("an early break reaches the provider", async () => {
    const provider = scripted(() => says(""), {
      chunks: () => Array.from({ length: 1_000 }, (_, i) => deltaChunk({ content: `${i} ` })),
    });
    const stream = await clientFor(provider).chat.completions.create({ model: "auto", messages, stream: true });
    for await (const _chunk of stream) break;
    await vi.waitFor(() => expect(provider.seen.left).toBe(1));
    expect(provider.seen.contexts[0]?.signal.aborted).toBe(true);
  });

  it("a break while the provider is silent ends the wait", async () => {
    let silent: AbortSignal | undefined;
    const fetch = createFetch({
      id: "slow",
      models: [],
      async *stream(_request: unknown, { signal }: CallContext) {
        silent = signal;
        yield deltaChunk({ content: "Hi" });
        await aborted(signal);
      },
      autoModels: ["m1"],
    });
    const response = await fetch("http://x/v1/chat/completions", { method: "POST", body: chatBody({ stream: true }) });
    const reader = response.body!.getReader();
    await reader.read();
    await reader.cancel();
    expect(silent?.aborted).toBe(true);
  });

  it.each([false, true])("an abort rejects at once with the SDK's own error (stream: %s)", async (stream) => {
    const provider = scripted((_request, _call, context) => aborted(context.signal));
    const controller = new AbortController();
    const asked = clientFor(provider).chat.completions.create(
      { model: "auto", messages, stream },
      { signal: controller.signal },
    );
    await vi.waitFor(() => expect(provider.seen.contexts.length).toBe(1));
    controller.abort();
    await expect(asked).rejects.toBeInstanceOf(APIUserAbortError);
    expect(provider.seen.contexts[0]?.signal.aborted).toBe(true);
  });

  it("an abort does not wait for a provider that is deaf", async () => {
    const provider = scripted(() => new Promise(() => {}));
    const controller = new AbortController();
    const fetch = createFetch(provider);
    const asked = fetch("http://x/chat/completions", { method: "POST", body: chatBody(), signal: controller.signal });
    await vi.waitFor(() => expect(provider.seen.contexts.length).toBe(1));
    controller.abort(new Error("enough"));
    await expect(asked).rejects.toThrow("enough");
  });
});

describe("the other paths", () => {
  it("lists and names its models", async () => {
    const client = clientFor(scripted(() => says("x")));
    const list = await client.models.list();
    expect(list.data.map((model) => model.id)).toEqual(["auto", "m1", "m2"]);
    expect(await client.models.retrieve("m2")).toEqual({
      id: "m2",
      object: "model",
      created: 1_767_225_600,
      owned_by: "double",
    });
    await expect(client.models.retrieve("nobody/else")).rejects.toBeInstanceOf(NotFoundError);
  });

  it("knows a model by every name that a chat may say", async () => {
    const aliases = { fast: ["double/m1"] };
    const fetch = createFetch(createRouter({ providers: [scripted(() => says("x"))], aliases }));
    const client = new OpenAI({ apiKey: "unused", fetch });
    for (const name of ["auto", "m1", "double/m1", "fast"]) {
      expect(await client.models.retrieve(name)).toMatchObject({ id: name, object: "model" });
      expect((await fetch(`http://x/v1/models/${name}`)).status).toBe(200);
    }
    expect((await client.models.retrieve("double/m1")).owned_by).toBe("double");
    await expect(client.models.retrieve("other/m1")).rejects.toBeInstanceOf(NotFoundError);
    expect((await createFetch(scripted(() => says("x")))("http://x/models/double/m2")).status).toBe(200);
  });

  it("lists a router's aliases, one that is named like a model once", async () => {
    const aliases = { fast: ["double/m1"], m2: "fast" };
    const router = createRouter({ id: "box", providers: [scripted(() => says("x"))], aliases });
    for (const target of [router, router.with({ tenant: "acme" })]) {
      const { data } = await clientFor(target).models.list();
      expect(data.map((model) => model.id)).toEqual(["auto", "fast", "m2", "m1"]);
      expect(data[1]).toEqual({ id: "fast", object: "model", created: 0, owned_by: "box" });
    }
  });

  it("a model that is no name is a bad request, and no unknown model", async () => {
    const response = await post(
      scripted(() => says("x")),
      chatBody({ model: 7 }),
    );
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { type: "invalid_request_error", param: "model" } });
  });

  it("says what is served instead", async () => {
    const client = clientFor(scripted(() => says("x")));
    await expect(client.embeddings.create({ model: "m1", input: "x" })).rejects.toThrow(/POST \/chat\/completions/);
    await expect(client.responses.retrieve("resp_1")).rejects.toBeInstanceOf(NotFoundError);
    await expect(client.chat.completions.list()).rejects.toBeInstanceOf(NotFoundError);
  });

  it("takes a Request, as a server hands it over", async () => {
    const request = new Request("http://x/api/v1/chat/completions?a=1", { method: "POST", body: chatBody() });
    const response = await createFetch(scripted(() => says("Hi")))(request);
    expect((await response.json()).choices[0].message.content).toBe("Hi");
  });

  it.each(["", "{", "null", "[]", '"x"', '{"messages":[]}', '{"messages":[{"role":"nobody"}]}'])(
    "answers the body %s with a 400",
    async (body) => {
      const response = await post(
        scripted(() => says("x")),
        body,
      );
      expect(response.status).toBe(400);
      expect((await response.json()).error.type).toBe("invalid_request_error");
    },
  );
});

describe("the id of a request", () => {
  const idOf = async (asked: Promise<Response>): Promise<string | null> => {
    const response = await asked;
    const id = response.headers.get("x-request-id");
    expect(response.headers.get("x-signalbox-request-id")).toBe(id);
    expect((await response.json()).error.signalbox.request_id).toBe(id);
    return id;
  };

  it.each(["router", "provider"])("is told of what never began (before a %s)", async (kind) => {
    const provider = scripted(() => says("x"));
    const target = kind === "router" ? createRouter({ providers: [provider] }) : provider;
    const ask = createFetch(target);
    const ids = await Promise.all(
      [
        post(target, "{"),
        post(target, chatBody({ messages: [] })),
        post(target, chatBody({ model: "nobody" })),
        post(target, chatBody({ stream: true, signalbox: {} })),
        ask("http://x/v1/embeddings", { method: "POST", body: "{}" }),
        ask("http://x/v1/models/nobody"),
      ].map(idOf),
    );
    for (const id of ids) expect(id).toMatch(/^req_/);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each([false, true])("is the one that a failing provider was told (stream: %s)", async (stream) => {
    const provider = scripted(() => new SignalboxError("server", "down"));
    const id = await idOf(post(provider, chatBody({ stream })));
    expect(id).toBe(provider.seen.contexts[0]?.requestId);
  });
});

describe("per-call options", () => {
  const body = chatBody({ signalbox: { tenant: "acme", strategy: "ordered" } });
  const router = () => {
    const provider = scripted(() => says("x"));
    const calls: unknown[] = [];
    const target = {
      id: "router",
      models: provider.models,
      explain: () => null,
      chat: async (_request: unknown, options: unknown) => {
        calls.push(options);
        return {
          ...says("x"),
          route: { requestId: "req_9", provider: "glm", model: "g", costUsd: 0.00001234, cache: { status: "miss" } },
          parsed: { a: 1 },
        };
      },
      stream: () => {
        throw new Error("unused");
      },
    } as unknown as Target;
    return { target, calls };
  };

  it("are refused unless switched on", async () => {
    const { target, calls } = router();
    const response = await post(target, body);
    expect(response.status).toBe(400);
    expect((await response.json()).error.param).toBe("signalbox");
    expect(calls).toEqual([]);
  });

  it("are taken where switched on, by name if so wished", async () => {
    const { target, calls } = router();
    expect((await post(target, body, { bodyOptions: true })).status).toBe(200);
    expect(calls[0]).toMatchObject({ tenant: "acme", strategy: "ordered" });
    const refused = await post(target, body, { bodyOptions: ["strategy"] });
    expect((await refused.json()).error.param).toBe("signalbox.tenant");
    expect((await post(target, chatBody({ signalbox: { signal: {} } }), { bodyOptions: true })).status).toBe(400);
  });

  it("of the server win over those of the body", async () => {
    const { target, calls } = router();
    const response = await createFetch(target, {
      bodyOptions: true,
      callOptions: ({ headers }) => ({ tenant: headers.get("x-team") ?? undefined }),
    })("http://x/chat/completions", { method: "POST", body, headers: { "x-team": "blue" } });
    expect(calls[0]).toMatchObject({ tenant: "blue", strategy: "ordered" });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "x-signalbox-provider": "glm",
      "x-signalbox-model": "g",
      "x-signalbox-request-id": "req_9",
      "x-signalbox-cache": "miss",
      "x-signalbox-cost-usd": "0.00001234",
    });
    const json = await response.json();
    expect(json).not.toHaveProperty("route");
    expect(json).not.toHaveProperty("parsed");
  });

  it("may bring a signal of the server's, beside the caller's own", async () => {
    const provider = scripted(() => new Promise<never>(() => {}));
    for (const whose of ["server", "caller"]) {
      const server = new AbortController();
      const caller = new AbortController();
      const fetch = createFetch(createRouter({ providers: [provider] }), {
        callOptions: () => ({ signal: server.signal }),
      });
      const init = { method: "POST", body: chatBody({ model: "auto" }), signal: caller.signal };
      const asked = fetch("http://x/chat/completions", init);
      const ended = Promise.allSettled([asked]);
      await vi.waitFor(() => expect(provider.seen.contexts.at(-1)?.signal.aborted).toBe(false));
      (whose === "server" ? server : caller).abort(new Error("enough"));
      const [result] = await ended;
      expect(provider.seen.contexts.at(-1)?.signal.aborted).toBe(true);
      if (whose === "caller") expect(result).toMatchObject({ status: "rejected", reason: { message: "enough" } });
      else expect(result).toMatchObject({ status: "fulfilled", value: { status: 499 } });
    }
  });

  it("that only a router understands are refused before a provider alone", async () => {
    const provider = scripted(() => says("x"));
    const asked = (options: CallOptions) => post(provider, chatBody(), { callOptions: () => options });
    expect((await asked({ tenant: "acme", metadata: { a: "b" }, timeoutMs: undefined })).status).toBe(200);
    for (const option of [{ timeoutMs: 5 }, { allow: ["a"] }, { cache: false as const }, { maxCostUsd: 1 }]) {
      const response = await asked(option);
      expect(response.status).toBe(400);
      expect((await response.json()).error).toMatchObject({ code: "invalid_options", param: Object.keys(option)[0] });
    }
    expect(provider.seen.requests.length).toBe(1);
  });

  it("that fail to be chosen are no vendor's failure, and what was thrown stays inside", async () => {
    const { target, calls } = router();
    const asked = async (thrown: Error) => {
      const response = await post(target, chatBody(), {
        callOptions: () => {
          throw thrown;
        },
      });
      return { status: response.status, text: await response.text() };
    };
    const failed = await asked(new Error("no row for user 17"));
    expect(failed.status).toBeGreaterThanOrEqual(500);
    expect(failed.text).not.toMatch(/vendor|user 17/);
    expect(await asked(new SignalboxError("auth", "Who are you?"))).toMatchObject({
      status: 401,
      text: expect.stringContaining("invalid_api_key"),
    });
    expect(await asked(new SignalboxError("permission", "Not yours"))).toMatchObject({ status: 403 });
    expect(calls).toEqual([]);
  });

  it("are checked when the door is built", () => {
    const { target } = router();
    expect(() => createFetch(target, { bodyOptions: ["tennant" as "tenant"] })).toThrow(/bodyOptions/);
  });
});

describe("coalescing", () => {
  it("sends what is ready as one piece, reads nothing ahead, and loses nothing", async () => {
    const ready = Array.from({ length: 500 }, (_, i) => deltaChunk({ content: `${i} ` }));
    let taken = 0;
    const poll = () => (taken < ready.length ? ready[taken++] : undefined);
    const iterator = {
      poll,
      next: async () => ({ value: poll(), done: taken >= ready.length }),
      return: async () => ({ value: undefined, done: true }),
      [Symbol.asyncIterator]: () => iterator,
    };
    const fetch = createFetch({ id: "fast", models: [], autoModels: ["m1"], stream: () => iterator as never });
    const response = await fetch("http://x/chat/completions", { method: "POST", body: chatBody({ stream: true }) });
    expect(taken).toBe(1);
    const pieces: string[] = [];
    for await (const piece of response.body!) pieces.push(new TextDecoder().decode(piece));
    expect(pieces.length).toBeLessThan(5);
    expect(pieces.join("").split("\n\n").length).toBe(502);
    expect(pieces.join("").endsWith("data: [DONE]\n\n")).toBe(true);
  });
});
