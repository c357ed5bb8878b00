import { type ChatChunk, type ChatRequest, createRouter, defineFeature, type Message, simulated } from "signalbox";

/** Addresses and telephone numbers; an app would ask a detector of its own. */
const PERSONAL = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\+\d[\d ()-]{6,}\d/g;

/** What was hidden in one request. Placeholders are numbered within it, so equal requests stay equal in a cache. */
class Hidden {
  readonly #values: string[] = [];

  hide(text: string): string {
    return text.replace(PERSONAL, (value) => {
      if (!this.#values.includes(value)) this.#values.push(value);
      return `[PERSONAL_${this.#values.indexOf(value) + 1}]`;
    });
  }

  show(text: string): string {
    return text.replace(/\[PERSONAL_(\d+)\]/g, (placeholder, number) => this.#values[number - 1] ?? placeholder);
  }
}

/** Text that comes in pieces: the end of a piece that may begin a placeholder waits for the next one. */
class Pieces {
  readonly #hidden: Hidden;
  #held = "";

  constructor(hidden: Hidden) {
    this.#hidden = hidden;
  }

  push(piece: string): string {
    const text = this.#held + piece;
    const open = text.lastIndexOf("[");
    const begins =
      open >= 0 && /^\[(?:P(?:E(?:R(?:S(?:O(?:N(?:A(?:L(?:_\d{0,6})?)?)?)?)?)?)?)?)?$/.test(text.slice(open));
    this.#held = begins ? text.slice(open) : "";
    return this.#hidden.show(begins ? text.slice(0, open) : text);
  }

  end(): string {
    const rest = this.#held;
    this.#held = "";
    return rest;
  }
}

function hidden(request: ChatRequest, state: Hidden): ChatRequest {
  const messages = request.messages.map((message) => {
    if (typeof message.content === "string") return { ...message, content: state.hide(message.content) };
    if (!message.content) return message;
    const content = message.content.map((part) =>
      part.type === "text" ? { ...part, text: state.hide(part.text) } : part,
    );
    return { ...message, content };
  });
  return { ...request, messages: messages as Message[] };
}

const redact = defineFeature({
  name: "redact",
  state: () => new Hidden(),
  request: (request, { state }) => hidden(request, state),
  // Whole answers pass through `stream`, too: a feature without `reply` gets them in chunks.
  stream({ state }) {
    const content = new Pieces(state);
    const toolArguments = new Map<number, Pieces>();
    let last: ChatChunk | undefined;
    const piecesOf = (index: number): Pieces => {
      const pieces = toolArguments.get(index) ?? new Pieces(state);
      toolArguments.set(index, pieces);
      return pieces;
    };
    return {
      chunk(chunk) {
        const [choice] = chunk.choices;
        if (!choice) return chunk;
        last = chunk;
        const delta = { ...choice.delta };
        if (typeof delta.content === "string") delta.content = content.push(delta.content);
        if (delta.tool_calls) {
          delta.tool_calls = delta.tool_calls.map((call) => {
            const text = call.function?.arguments;
            if (text === undefined) return call;
            return { ...call, function: { ...call.function, arguments: piecesOf(call.index).push(text) } };
          });
        }
        return { ...chunk, choices: [{ ...choice, delta }] };
      },
      end() {
        const rest = content.end();
        const calls = [...toolArguments].map(([index, pieces]) => ({ index, function: { arguments: pieces.end() } }));
        const open = calls.filter((call) => call.function.arguments !== "");
        if (!last || (rest === "" && open.length === 0)) return [];
        const delta = { ...(rest === "" ? {} : { content: rest }), ...(open.length === 0 ? {} : { tool_calls: open }) };
        return [{ ...last, choices: [{ index: 0, delta, finish_reason: null }] }];
      },
    };
  },
});

let seen = "";
const vendor = simulated({
  id: "demo",
  reply: ({ messages }) => {
    seen = String(messages.at(-1)?.content);
    return `I wrote to ${seen.match(/\[\w+\]/)?.[0]}, and to nobody else.`;
  },
});
const router = createRouter({ providers: [vendor], use: [redact] });
const messages: Message[] = [{ role: "user", content: "Please write to ada@example.org" }];

const reply = await router.chat({ messages });
console.log(`the vendor saw: ${seen}`);
console.log(`the caller got: ${reply.choices[0].message.content}`);

const stream = router.stream({ messages });
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? "");
console.log();

await router.close();
