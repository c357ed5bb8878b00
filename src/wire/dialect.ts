import type { ReasoningEffort } from "../chat/request.js";
import type { ToolIdRule } from "./tool-ids.js";

/** Fields to add to a request body. */
export interface Fields {
  readonly [field: string]: unknown;
}

/** Where a wish for thinking goes: for each effort the fields that say it. An effort without an entry is dropped. */
export type EffortTable = { readonly [effort in ReasoningEffort]?: Fields };

/** How the thinking behind earlier answers goes back to the model. */
export interface ReasoningReplay {
  /**
   * The field on assistant messages that takes it: text, or `reasoning_details` as they were received.
   * `none`: nothing is sent but what this provider issued as details.
   */
  readonly field: "none" | "reasoning_content" | "reasoning" | "reasoning_details";
  /** What stands in on a message with tool calls where there is no thinking of its own. */
  readonly placeholder?: string | undefined;
  /** What to do with thinking whose issuer nobody named. @default "drop" */
  readonly unnamed?: "send" | "think_tags" | "drop" | undefined;
}

/** How one model at one provider wants to be spoken to, and how it answers: data alone, no code per model. */
export interface Dialect {
  /** Fields of the vocabulary that are not sent, because the model refuses or ignores them. */
  readonly drop?: ReadonlySet<string> | undefined;
  /** Fields that go out under another name. */
  readonly rename?: { readonly [field: string]: string } | undefined;
  /** Numbers held between two bounds. */
  readonly clamp?: { readonly [field: string]: readonly [min: number, max: number] } | undefined;
  /** Text fields whose length has bounds; outside of them the field is left out. */
  readonly lengths?: { readonly [field: string]: readonly [min: number, max: number] } | undefined;
  /** Fields every request carries. */
  readonly fixed?: Fields | undefined;
  /** Fields every streamed request with tools carries. */
  readonly fixedForStreamedTools?: Fields | undefined;
  /** What the output limit is called; as the caller wrote it where absent. */
  readonly outputLimit?: "max_tokens" | "max_completion_tokens" | undefined;
  /** `"pass"`: sent as it is. */
  readonly effort?: EffortTable | "pass" | undefined;
  /** Forms of `tool_choice` it honours; another one is replaced by the nearest that it does. */
  readonly toolChoice: "full" | "auto" | "none_only" | "no_required";
  /** The strongest JSON mode it takes; for less, the schema is written into the prompt. */
  readonly json: "schema" | "object" | "none";
  /** `"moonshot"`: its subset of JSON Schema. */
  readonly toolSchema?: "moonshot" | undefined;
  /** `"string"`: text parts are joined; parts stay only where a picture is among them. */
  readonly content: "parts" | "string";
  /** Text parts that carry `cache_control` stay parts: the vendor caches up to there. */
  readonly cacheMarks?: boolean | undefined;
  /** `"merged"`: one system message, first, with developer messages in it. */
  readonly systems: "as_given" | "merged";
  /** What an assistant message with tool calls and no text has for `content`. */
  readonly emptyContent: "as_given" | "omit" | "text";
  /** User text straight after tool results joins the last of them, or the model loses its train of thought. */
  readonly mergeTextIntoToolResult?: boolean | undefined;
  /** Tool arguments in the history that are no JSON object become `{}`; the vendor refuses the request otherwise. */
  readonly repairArguments?: boolean | undefined;
  /** Which ids of tool calls it takes; any if absent. Others are mapped, calls and results alike. */
  readonly toolIds?: ToolIdRule | undefined;
  /** Whether it takes free-form (`custom`) tools. @default false */
  readonly customTools?: boolean | undefined;
  /** Over the Anthropic wire: whether it takes `strict` on tools. @default false */
  readonly strictTools?: boolean | undefined;
  /** Whether it answers in sound or pictures if `modalities` asks for them. @default false */
  readonly media?: boolean | undefined;
  /** Over the OpenAI wire: the first call of a turn must carry Gemini's thought signature, or a word in its place. */
  readonly thoughtSignatures?: boolean | undefined;
  readonly reasoning: ReasoningReplay;
  /** `cut`: the answer is cut here, for models that ignore `stop`. Sequences past the limits are only cut. */
  readonly stop: {
    readonly send: boolean;
    readonly cut: boolean;
    readonly maxCount?: number | undefined;
    readonly maxBytes?: number | undefined;
  };
  /** Asks for usage in streams (`stream_options`). */
  readonly streamUsage: boolean;
  /** `<think>` at the start of the answer is thinking. */
  readonly thinkTags: boolean;
  /** Over the OpenAI wire: calls of offered tools that stand in the text as the model wrote them are calls, once closed. */
  readonly toolMarkup: boolean;
  /** An answer that lies whole in the thinking, with no text and no tool call, is the answer. */
  readonly reasoningAsAnswer?: boolean | undefined;
}

/** A strict OpenAI-compatible endpoint that knows nothing special. */
export const PLAIN_DIALECT: Dialect = {
  effort: "pass",
  toolChoice: "full",
  json: "schema",
  content: "parts",
  systems: "as_given",
  emptyContent: "as_given",
  // What OpenAI takes; ids of other vendors may be longer.
  toolIds: { maxLength: 40 },
  customTools: true,
  media: true,
  reasoning: { field: "none" },
  stop: { send: true, cut: false },
  streamUsage: true,
  thinkTags: true,
  toolMarkup: true,
};
