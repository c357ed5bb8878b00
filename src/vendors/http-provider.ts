import { createAssembler, hasContent } from "../chat/assemble.js";
import type { ChatChunk } from "../chat/chunk.js";
import { estimateUsage } from "../chat/create-reply.js";
import { sha256 } from "../chat/hash.js";
import { requestTexts } from "../chat/message-text.js";
import { isReplyProblem, normalizeReply } from "../chat/normalize-reply.js";
import type { ChatReply } from "../chat/reply.js";
import type { ChatRequest } from "../chat/request.js";
import type { CallContext, ModelInfo, Provider } from "../contract/provider.js";
import type { Transport } from "../contract/transport.js";
import type { Clock } from "../core/clock.js";
import { extended } from "../core/extended.js";
import { classify, requestIdIn } from "../errors/classify.js";
import type { Failure } from "../errors/failure.js";
import { createRedactor, type KeyRedactor, type Redactor } from "../errors/redact.js";
import { SignalboxError, withContext } from "../errors/signalbox-error.js";
import { lookUp, type VendorCodes } from "../errors/vendor-codes.js";
import { withheld } from "../errors/withheld.js";
import { type ChunkStream, createChunkStream } from "../wire/chunk-stream.js";
import type { WireCall, WireCodec } from "../wire/codec.js";
import type { Dialect } from "../wire/dialect.js";
import { BROKEN } from "../wire/finish.js";
import { assertHeaders } from "../wire/guard.js";
import type { HttpCall } from "../wire/http-call.js";
import { KeptConnections } from "../wire/kept-connections.js";
import { openEvents } from "../wire/open-events.js";
import { type JsonAnswer, requestJson } from "../wire/request-json.js";
import { headerSecrets } from "./header-secrets.js";
import type { KeyRefusal, KeyRing } from "./keys.js";
import { resolveModel } from "./resolve-model.js";
import { mayWriteLong } from "./upstream-mode.js";

/** What every provider over HTTP is made of; the makers check their options and fill this in. */
export interface HttpProviderInit {
  readonly id: string;
  readonly models: readonly ModelInfo[];
  readonly autoModels: readonly string[] | undefined;
  readonly baseURL: string;
  readonly codec: WireCodec;
  readonly keys: KeyRing;
  /** Environment variables that hold a key; a provider without one cannot be asked. */
  readonly variables: readonly string[];
  readonly headers: { readonly [name: string]: string };
  readonly fetch: typeof fetch | undefined;
  readonly transport: Transport | undefined;
  readonly clock: Clock;
  readonly codes: VendorCodes | undefined;
  readonly dialectOf: (model: ModelInfo) => Dialect;
  /** How `chat` asks: `"auto"` streams where a whole answer could take longer than HTTP clients wait for a head. */
  readonly chatUpstream: "auto" | "stream" | "whole";
  /** Whether a request without an output limit may write as much as its model can. */
  readonly unlimitedWritesLong: boolean;
  readonly prefixCache?: Provider["prefixCache"];
  readonly tags?: readonly string[] | undefined;
  readonly timeouts?: Provider["timeouts"];
}

/** A provider over HTTP: both ways of asking, always there. */
export interface HttpProvider extends Provider {
  chat(request: ChatRequest, context: CallContext): Promise<ChatReply>;
  stream(request: ChatRequest, context: CallContext): ChunkStream;
  probe(signal: AbortSignal): Promise<void>;
}

/** More fields than any dialect can leave out: the memory of what was warned about is bounded. */
const MAX_WARNED = 256;
/** How many keys one call tries: a list may be long, and each refused key costs a round trip. */
const MAX_KEY_TRIES = 8;
/** The detail of a failure that one of several keys has, and the provider has not. */
const ONE_KEY = "one_key";
/** The detail of a refused key that came with the call: other callers have others. */
const CALLER_KEY = "caller_key";

/** Builds a provider; keys, headers and `fetch` live in its closure and show nowhere. */
export function createHttpProvider(init: HttpProviderInit): HttpProvider {
  const { id, models, autoModels, codec, keys, variables } = init;
  const inHeaders = headerSecrets(init.headers);
  const secrets = createRedactor(() => [...keys.all(), ...inHeaders]);
  const warned = new Set<string>();
  const dialects = new Map(models.map((model) => [model.id, init.dialectOf(model)]));
  const connections = new KeptConnections();
  const missing = variables.length > 0 && !keys.present;

  function begin(request: ChatRequest, context: CallContext, streamed: boolean): Exchange {
    if (missing) throw noKey(id, variables);
    const model = resolveModel(request.model, id, models, autoModels);
    const dialect = dialects.get(model.id) as Dialect;
    const warn = (field: string, message: string): void => {
      const key = `${model.id} ${field}`;
      if (warned.has(key) || warned.size >= MAX_WARNED) return;
      warned.add(key);
      context.warn?.("field_changed", message);
    };
    return new Exchange(init, context, secrets, connections, { provider: id, model, dialect, request, streamed, warn });
  }

  const stream = (request: ChatRequest, context: CallContext): ChunkStream => {
    const exchange = begin(request, context, true);
    return createChunkStream(codec, exchange, async () => {
      return exchange.send("text/event-stream", openEvents, ({ text, json }) => json ?? text);
    });
  };

  const chatWhole = async (request: ChatRequest, context: CallContext): Promise<ChatReply> => {
    const exchange = begin(request, context, false);
    try {
      const { status, body } = await exchange.send("application/json", requestJson, (answer) => answer.body);
      if (status < 200 || status > 299) throw exchange.fail({ status, body });
      return checked(codec.decodeReply(body, exchange), exchange);
    } catch (thrown) {
      throw exchange.fail({ thrown });
    }
  };

  const chatStreamed = async (request: ChatRequest, context: CallContext): Promise<ChatReply> => {
    const chunks = stream(request, inPieces(context));
    const assembler = createAssembler();
    let chunk: ChatChunk | undefined = chunks.poll() ?? (await chunks.next()).value;
    for (; chunk !== undefined; chunk = chunks.poll() ?? (await chunks.next()).value) {
      assembler.push(chunk);
      if (hasContent(chunk)) context.report?.("content");
    }
    return checked(assembler.reply(), {
      provider: id,
      request,
      model: resolveModel(request.model, id, models, autoModels),
    });
  };

  const provider: HttpProvider = {
    id,
    models,
    keyVerdicts: () => keys.verdicts(init.clock.wallNow()),
    chat: async (request, context) => {
      const { chatUpstream: mode, unlimitedWritesLong } = init;
      const model = resolveModel(request.model, id, models, autoModels);
      const streams = mode === "stream" || (mode === "auto" && mayWriteLong(request, model, unlimitedWritesLong));
      return streams ? chatStreamed(request, context) : chatWhole(request, context);
    },
    stream,
    probe: (signal) => probe(init, secrets, signal),
    // Hashed: addresses of private servers do not belong in a cache.
    origin: sha256(`${codec.path} ${init.baseURL}`).slice(0, 8),
    ...(autoModels === undefined ? {} : { autoModels }),
    ...(missing ? { unavailable: { reason: "no_api_key" as const, variables } } : {}),
    ...(init.prefixCache === undefined ? {} : { prefixCache: init.prefixCache }),
    ...(init.tags === undefined ? {} : { tags: init.tags }),
    ...(init.timeouts === undefined ? {} : { timeouts: init.timeouts }),
  };
  return provider;
}

/** The context of a whole answer that is asked for as a stream: comments that keep a connection open are no progress. */
function inPieces(context: CallContext): CallContext {
  const { report } = context;
  if (!report) return context;
  const told: typeof report = (progress) => {
    if (progress === "headers") report("streaming");
    else report(progress);
  };
  return extended(context, { report: told });
}

/** One call and its answer: what a wire needs to know, and how its failures are told. */
class Exchange implements WireCall {
  readonly provider: string;
  readonly model: ModelInfo;
  readonly dialect: Dialect;
  readonly request: ChatRequest;
  readonly streamed: boolean;
  readonly warn: (field: string, message: string) => void;
  headers: Failure["headers"];
  readonly #init: HttpProviderInit;
  readonly #context: CallContext;
  readonly #secrets: KeyRedactor;
  readonly #connections: KeptConnections;
  #key = "";
  #sent: string | undefined;

  constructor(
    init: HttpProviderInit,
    context: CallContext,
    secrets: KeyRedactor,
    connections: KeptConnections,
    call: Omit<WireCall, "fail" | "failsBy">,
  ) {
    this.#init = init;
    this.#context = context;
    this.#secrets = secrets;
    this.#connections = connections;
    this.provider = call.provider;
    this.model = call.model;
    this.dialect = call.dialect;
    this.request = call.request;
    this.streamed = call.streamed;
    this.warn = call.warn;
  }

  /** Sends the request with the key whose turn it is. A refused key is no failure while there is another to try. */
  async send<T extends { readonly status: number; readonly headers: JsonAnswer["headers"] }>(
    accept: string,
    ask: (call: HttpCall) => Promise<T>,
    bodyOf: (answer: T) => unknown,
  ): Promise<T> {
    const { keys } = this.#init;
    const given = keys.next(this.#context);
    this.#key = typeof given === "string" ? given : await given;
    for (let tries = 1; ; tries++) {
      const answer = await ask(this.#http(accept));
      this.headers = answer.headers;
      if (answer.status >= 200 && answer.status < 300) keys.worked(this.#key);
      if (answer.status < 400 || this.#key === "" || tries >= MAX_KEY_TRIES) return answer;
      const error = this.#classified({ status: answer.status, body: bodyOf(answer) });
      if (!isOfKey(error)) return answer;
      const other = await keys.instead(this.#key, error, this.#context);
      if (other === undefined || this.#context.signal.aborted) return answer;
      this.#key = other;
    }
  }

  #http(accept: string): HttpCall {
    const { codec, baseURL, fetch, transport, clock } = this.#init;
    const { report, signal, headers: own } = this.#context;
    const headers = own ? { ...this.#init.headers, ...assertHeaders(own, "headers") } : this.#init.headers;
    this.#sent ??= JSON.stringify(codec.encode(this));
    return {
      url: baseURL + codec.path,
      headers: { ...headers, "content-type": "application/json", accept, ...codec.headers(this.#key) },
      body: this.#sent,
      signal,
      fetch,
      transport: transport ?? this.#context.transport,
      connections: this.#connections,
      clock,
      onHeaders: report && (() => report("headers")),
      onBytes: report && ((blank) => report(blank ? "blank" : "bytes")),
    };
  }

  failsBy(finishReason: string): boolean {
    return BROKEN.has(finishReason) || lookUp(this.#init.codes?.finishReasons, finishReason) !== undefined;
  }

  fail(failure: Failure): SignalboxError {
    const { keys } = this.#init;
    const error = this.#traced(this.#classified(failure));
    if (this.#key === "" || !isOfKey(error) || error.detail === ONE_KEY) return error;
    if (keys.perCall) return error.kind === "auth" ? withContext(error, { detail: CALLER_KEY }) : error;
    // A key that is refused in a stream or in a 200: the next call takes another.
    const isLate = error.status === undefined || (error.status >= 200 && error.status < 300);
    if (!isLate || keys.instead(this.#key, error, this.#context) === undefined) return error;
    return withContext(error, { detail: ONE_KEY, retryable: true, retryAfterMs: undefined });
  }

  /** An answer that this side refused has the vendor's id, too. */
  #traced(error: SignalboxError): SignalboxError {
    if (error.requestId !== undefined || error.kind === "cancelled") return error;
    const requestId = requestIdIn(this.headers, this.#redactor());
    return requestId === undefined ? error : withContext(error, { requestId });
  }

  #redactor(): Redactor {
    // Others may have used newer keys since: each call knows its own.
    return this.#secrets.knowing(this.#key, ...headerSecrets(this.#context.headers ?? {}));
  }

  #classified(failure: Failure): SignalboxError {
    const { id, codes, clock } = this.#init;
    return classify(
      { headers: this.headers, ...failure },
      {
        provider: id,
        model: this.model.id,
        codes,
        secrets: this.#redactor(),
        nowWallMs: clock.wallNow(),
        callerSignal: this.#context.signal,
        sent: this.#sent,
        said: requestTexts(this.request),
      },
    );
  }
}

/** Whether a failure is about the key that the call used. */
function isOfKey(error: SignalboxError): error is SignalboxError & KeyRefusal {
  const { kind, detail } = error;
  if (kind === "quota") return detail !== "request";
  return kind === "rate_limit" || (kind === "auth" && detail !== "key_function");
}

/** A reply that is one, with usage: the vendor's, or an estimate that says so. */
function checked(given: ChatReply, call: Pick<WireCall, "provider" | "request" | "model">): ChatReply {
  const where = { provider: call.provider, model: call.model.id };
  const reply = normalizeReply(given, call.model.id);
  if (isReplyProblem(reply)) {
    const kind = reply.problem === "empty" ? "empty_response" : "malformed_response";
    throw new SignalboxError(kind, `${call.provider}: ${reply.message}`, where);
  }
  const { message, finish_reason: finish } = reply.choices[0];
  if (finish === "content_filter" && !message.content && !message.refusal) {
    throw withheld(where, reply.extensions);
  }
  reply.usage ??= estimateUsage(call.request, message.content ?? "", message.tool_calls, message.reasoning_content);
  return reply;
}

async function probe(init: HttpProviderInit, redactor: KeyRedactor, signal: AbortSignal): Promise<void> {
  const { id, codec, keys, baseURL, headers, fetch, transport, clock, codes } = init;
  let secrets: Redactor = redactor;
  const about = () => ({ provider: id, codes, secrets, nowWallMs: clock.wallNow(), callerSignal: signal });
  try {
    const key = await keys.next({});
    secrets = redactor.knowing(key);
    const url = baseURL + codec.modelsPath;
    const sent = { ...headers, ...codec.headers(key) };
    const {
      status,
      headers: head,
      body,
    } = await requestJson({ method: "GET", url, headers: sent, signal, fetch, transport, clock });
    // A server without a model list still answered.
    if (status === 404 || status === 405 || (status >= 200 && status < 300)) return;
    throw classify({ status, headers: head, body }, about());
  } catch (thrown) {
    throw classify({ thrown }, about());
  }
}

function noKey(id: string, variables: readonly string[]): SignalboxError {
  const message = `${id} has no API key: set ${variables[0]} or give apiKey`;
  return new SignalboxError("auth", message, { detail: "no_api_key", provider: id });
}
