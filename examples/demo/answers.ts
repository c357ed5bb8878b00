/** One of them, by chance. */
export const pick = <T>(items: readonly T[], random: () => number): T =>
  items[Math.floor(random() * items.length)] as T;

/** What a stand-in reads of a request. */
export interface ChatBody {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content?: unknown }[];
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly tools?: readonly { readonly function?: { readonly name: string } }[];
  readonly reasoning_split?: boolean;
}

/** An answer before a vendor's wire has shaped it. */
export interface Answer {
  readonly id: string;
  readonly created: number;
  readonly model: string;
  readonly reasoning: string;
  readonly text: string;
  readonly toolCall: { readonly id: string; readonly name: string; readonly arguments: string } | null;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly completionTokens: number;
  readonly reasoningTokens: number;
  /** The request asked for thinking apart from the text (MiniMax). */
  readonly split: boolean;
}

const BLOCK_TOKENS = 64;
const REMEMBERED = 64;

/** Remembers the last prompts: how much of a new one a vendor's prefix cache would hold. */
export class PromptMemory {
  readonly #prompts: string[] = [];

  /** Tokens of `prompt`, in whole blocks, that an earlier prompt began with. */
  cachedTokens(prompt: string): number {
    let longest = 0;
    for (const earlier of this.#prompts) {
      let length = 0;
      while (length < prompt.length && earlier[length] === prompt[length]) length += 1;
      longest = Math.max(longest, length);
    }
    this.#prompts.push(prompt);
    if (this.#prompts.length > REMEMBERED) this.#prompts.shift();
    return Math.floor(tokensIn(prompt.slice(0, longest)) / BLOCK_TOKENS) * BLOCK_TOKENS;
  }
}

export function tokensIn(text: string): number {
  const wide = text.match(/[\u3000-\u9fff\uff00-\uffef]/g)?.length ?? 0;
  return Math.ceil((text.length - wide) / 3.5 + wide / 1.5);
}

const OPENINGS = [
  "In short:",
  "The usual explanation is this.",
  "Three things matter here.",
  "It depends, but mostly:",
];
const SENTENCES = [
  "The first cause explains most of what you see.",
  "Measure before you change anything, and change one thing at a time.",
  "A second effect works against it and grows with scale.",
  "The exception is the case everybody remembers, and it is rare.",
  "Write the assumption down, then try to break it.",
  "What remains is noise of about the size you would expect.",
];

/** A made-up answer that says so, with the counts a vendor would bill. */
export function composeAnswer(vendor: string, body: ChatBody, memory: PromptMemory, random: () => number): Answer {
  const prompt = JSON.stringify([body.tools ?? [], body.messages]);
  const last = body.messages.at(-1);
  const question = typeof last?.content === "string" ? last.content : JSON.stringify(last?.content ?? "");
  const tool = last?.role === "user" ? body.tools?.[0]?.function?.name : undefined;
  const reasoning = `The user asks about "${question.slice(0, 60)}". ${pick(SENTENCES, random)}`;
  const sentences = Array.from({ length: 1 + Math.floor(random() * 5) }, () => pick(SENTENCES, random));
  const text = tool === undefined ? `[simulated ${vendor}] ${pick(OPENINGS, random)} ${sentences.join(" ")}` : "";
  const reasoningTokens = tokensIn(reasoning);
  const promptTokens = tokensIn(prompt) + 40;
  return {
    id: `sim-${Math.floor(random() * 1e9).toString(36)}`,
    created: Math.floor(Date.now() / 1_000),
    model: body.model,
    reasoning,
    text,
    toolCall:
      tool === undefined
        ? null
        : { id: `call_${Math.floor(random() * 1e6)}`, name: tool, arguments: '{"city":"Oslo"}' },
    promptTokens,
    cachedTokens: Math.min(memory.cachedTokens(prompt), promptTokens),
    completionTokens: tokensIn(text) + reasoningTokens + (tool === undefined ? 0 : 12),
    reasoningTokens,
    split: body.reasoning_split === true,
  };
}
