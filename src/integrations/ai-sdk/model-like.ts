/** Any model of the AI SDK: spec v2 (AI SDK 5), v3 (6) or v4 (7). */
export interface AnyLanguageModel {
  /** The version of the AI SDK's contract. */
  readonly specificationVersion: "v2" | "v3" | "v4";
  /** The name of its provider. */
  readonly provider: string;
  /** The model's id. */
  readonly modelId: string;
  /** Answers in one piece. */
  doGenerate(options: never): PromiseLike<unknown>;
  /** Answers as a stream of parts. */
  doStream(options: never): PromiseLike<unknown>;
}

/** What the specs have in common, as we send it; what differs is decided where it is made. */
export interface ModelCall {
  readonly prompt: readonly PromptMessage[];
  readonly [option: string]: unknown;
}

type Options = { readonly providerOptions?: Metadata | undefined };

/** `providerMetadata` of an answer's part, `providerOptions` when it goes back. */
export type Metadata = { readonly [provider: string]: { readonly [field: string]: unknown } };

export type PromptPart = Options &
  (
    | { readonly type: "text" | "reasoning"; readonly text: string }
    | {
        readonly type: "file";
        readonly mediaType: string;
        readonly data: unknown;
        readonly filename?: string | undefined;
      }
    | {
        readonly type: "tool-call";
        readonly toolCallId: string;
        readonly toolName: string;
        readonly input: unknown;
        readonly providerExecuted?: boolean;
      }
    | {
        readonly type: "tool-result";
        readonly toolCallId: string;
        readonly toolName: string;
        readonly output: unknown;
      }
  );

export type PromptMessage =
  | (Options & { readonly role: "system"; readonly content: string })
  | { readonly role: "user" | "assistant" | "tool"; readonly content: readonly PromptPart[] };

/** A part of an answer, of any spec; unknown types are passed over. */
export interface AnswerPart {
  readonly type: string;
  readonly text?: string;
  readonly toolCallId?: string;
  readonly toolName?: string;
  /** JSON text; some v2 models hand out the parsed value. */
  readonly input?: unknown;
  readonly providerExecuted?: boolean;
  readonly providerMetadata?: Metadata;
  /** Of a tool that the vendor ran. */
  readonly result?: unknown;
  readonly isError?: boolean;
  /** Of a file. */
  readonly mediaType?: string;
  readonly data?: unknown;
}

export interface Warning {
  readonly type: string;
  readonly feature?: string;
  readonly setting?: string;
}

export interface GenerateResult {
  readonly content: readonly AnswerPart[];
  readonly finishReason: unknown;
  readonly usage: unknown;
  readonly response?: {
    readonly id?: string;
    readonly modelId?: string;
    readonly timestamp?: Date;
    readonly headers?: Record<string, string>;
  };
  readonly request?: { readonly body?: unknown };
  readonly warnings?: readonly Warning[];
  readonly providerMetadata?: Metadata;
}

/** A part of a stream, of any spec. */
export interface StreamPart extends Omit<AnswerPart, "text"> {
  readonly id?: string;
  readonly delta?: string;
  readonly modelId?: string;
  readonly timestamp?: Date;
  readonly finishReason?: unknown;
  readonly usage?: unknown;
  readonly error?: unknown;
  readonly warnings?: readonly Warning[];
}

export interface StreamResult {
  readonly request?: { readonly body?: unknown };
  readonly response?: { readonly headers?: Record<string, string> };
  readonly stream: ReadableStream<StreamPart>;
}
