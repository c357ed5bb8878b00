import { type Context, context, createContextKey } from "@opentelemetry/api";
import type { Message } from "../../chat/message.js";
import type { ChatReply } from "../../chat/reply.js";
import type { CallsLike, RouterLike, StreamLike, TurnLike } from "./router-like.js";

const SEEN = createContextKey("signalbox.seen_call");

/**
 * A call that passed through the view: what its events do not say, and the context it runs in. The request's span is
 * begun inside that context, and from then on it is the active one there: for a router within, for an instrumented
 * `fetch`, for spans of the app's own providers.
 */
export class SeenCall implements Context {
  readonly messages: () => readonly Message[];
  readonly reply: () => Promise<ChatReply>;
  #now: Context;
  #taken = false;

  constructor(outside: Context, messages: SeenCall["messages"], reply: SeenCall["reply"]) {
    this.messages = messages;
    this.reply = reply;
    this.#now = outside.setValue(SEEN, this);
  }

  /** The call that the request now beginning belongs to; a request made inside that one does not get it again. */
  static take(active: Context): SeenCall | undefined {
    const seen = active.getValue(SEEN) as SeenCall | undefined;
    if (!seen || seen.#taken) return undefined;
    seen.#taken = true;
    return seen;
  }

  /** What runs in this call is inside its request from now on. */
  enter(inside: Context): void {
    this.#now = inside;
  }

  getValue(key: symbol): unknown {
    return this.#now.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return this.#now.setValue(key, value);
  }

  deleteValue(key: symbol): Context {
    return this.#now.deleteValue(key);
  }
}

/**
 * A view of a router whose calls run inside the span of their request, and whose streams belong to the context they
 * were asked for in, not the one they are read in.
 * @param idle whether nobody traces.
 */
export function tracedView<R extends RouterLike>(router: R, idle: () => boolean): R {
  const view: RouterLike = {
    ...router,
    ...tracedCalls(router, idle),
    with: (options) => tracedView(router.with(options), idle),
    conversation(id, options) {
      const conversation = router.conversation(id, options);
      return { ...conversation, ...tracedCalls(conversation, idle) };
    },
  };
  return view as R;
}

function tracedCalls<Asked extends TurnLike>(calls: CallsLike<Asked>, idle: () => boolean): CallsLike<Asked> {
  return {
    chat(asked, options) {
      if (idle()) return calls.chat(asked, options);
      let reply: Promise<ChatReply> | undefined;
      const seen = new SeenCall(
        context.active(),
        () => messagesOf(asked),
        () => reply as Promise<ChatReply>,
      );
      reply = context.with(seen, () => calls.chat(asked, options));
      return reply;
    },
    stream(asked, options) {
      const stream = calls.stream(asked, options);
      if (idle()) return stream;
      const seen = new SeenCall(
        context.active(),
        () => messagesOf(asked),
        () => stream.reply,
      );
      return new BoundStream(stream, seen);
    },
  };
}

/** What is asked now; the history of a conversation is known to the router alone. */
function messagesOf(asked: TurnLike): readonly Message[] {
  if (typeof asked === "string") return [{ role: "user", content: asked }];
  return "messages" in asked ? asked.messages : asked;
}

/** The first read starts the request: it runs where the stream was asked for. */
class BoundStream implements StreamLike {
  readonly #stream: StreamLike;
  readonly #asked: Context;
  #begun = false;

  constructor(stream: StreamLike, asked: Context) {
    this.#stream = stream;
    this.#asked = asked;
  }

  get reply(): StreamLike["reply"] {
    return this.#begin(() => this.#stream.reply);
  }

  get route(): StreamLike["route"] {
    return this.#stream.route;
  }

  text(): Promise<string> {
    return this.#begin(() => this.#stream.text());
  }

  toResponse(init?: Parameters<StreamLike["toResponse"]>[0]): Promise<Response> {
    return this.#begin(() => this.#stream.toResponse(init));
  }

  [Symbol.asyncIterator](): ReturnType<StreamLike[typeof Symbol.asyncIterator]> {
    const iterator = this.#stream[Symbol.asyncIterator]();
    return {
      poll: () => iterator.poll(),
      next: () => this.#begin(() => iterator.next()),
      return: async () => (await iterator.return?.()) ?? { value: undefined, done: true },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  #begin<T>(read: () => T): T {
    if (this.#begun) return read();
    this.#begun = true;
    return context.with(this.#asked, read);
  }
}
