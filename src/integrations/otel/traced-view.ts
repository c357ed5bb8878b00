import { type Context, context, createContextKey, ROOT_CONTEXT } from "@opentelemetry/api";
import type { Message } from "../../chat/message.js";
import type { ChatReply } from "../../chat/reply.js";
import type { CallsLike, RouterLike, StreamLike, TurnLike } from "./router-like.js";

/** A call that passed through the view: what its events do not say. */
export interface SeenCall {
  readonly messages: () => readonly Message[];
  readonly reply: () => Promise<ChatReply>;
  /** Set by the request it belongs to, so that a request made inside that one does not take it again. */
  taken: boolean;
}

const SEEN = createContextKey("signalbox.seen_call");

/** The call that the request now beginning belongs to. */
export function takeSeenCall(active: Context): SeenCall | undefined {
  const seen = active.getValue(SEEN) as SeenCall | undefined;
  if (!seen || seen.taken) return undefined;
  seen.taken = true;
  return seen;
}

/**
 * A view of a router whose streams belong to the context they were asked for in, not the one they are read in.
 * @param watching whether calls are shown to the request that begins in them, for content.
 */
export function tracedView<R extends RouterLike>(router: R, watching: boolean): R {
  const view: RouterLike = {
    ...router,
    ...tracedCalls(router, watching),
    with: (options) => tracedView(router.with(options), watching),
    conversation(id, options) {
      const conversation = router.conversation(id, options);
      return { ...conversation, ...tracedCalls(conversation, watching) };
    },
  };
  return view as R;
}

function tracedCalls<Asked extends TurnLike>(calls: CallsLike<Asked>, watching: boolean): CallsLike<Asked> {
  return {
    chat(asked, options) {
      if (!watching) return calls.chat(asked, options);
      let reply: Promise<ChatReply> | undefined;
      const seen: SeenCall = {
        messages: () => messagesOf(asked),
        reply: () => reply as Promise<ChatReply>,
        taken: false,
      };
      reply = context.with(context.active().setValue(SEEN, seen), () => calls.chat(asked, options));
      return reply;
    },
    stream(asked, options) {
      const outside = context.active();
      const stream = calls.stream(asked, options);
      if (!watching) return outside === ROOT_CONTEXT ? stream : new BoundStream(stream, outside);
      const seen: SeenCall = { messages: () => messagesOf(asked), reply: () => stream.reply, taken: false };
      return new BoundStream(stream, outside.setValue(SEEN, seen));
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

  toResponse(init?: Parameters<StreamLike["toResponse"]>[0]): Response {
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
