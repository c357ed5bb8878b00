/**
 * Compiled, never run: the vocabulary fits the official `openai` package, in both directions, under every strict flag.
 */
import type { StandardSchemaV1 as SpecSchema } from "@standard-schema/spec";
import type OpenAI from "openai";
import type { ChatChunk } from "../../src/chat/chunk.js";
import type { ContentPart, FunctionToolCall, Message } from "../../src/chat/message.js";
import type { ChatReply, Choice, FinishReason, ReplyMessage } from "../../src/chat/reply.js";
import type { ChatRequest, Tool, ToolChoice } from "../../src/chat/request.js";
import type { StandardSchemaV1 } from "../../src/chat/standard-schema.js";
import type { Usage } from "../../src/chat/usage.js";

type Completions = OpenAI.Chat.Completions.ChatCompletionCreateParams;
type Theirs = OpenAI.Chat.Completions.ChatCompletion;
type TheirMessage = OpenAI.Chat.Completions.ChatCompletionMessageParam;
type TheirChunk = OpenAI.Chat.Completions.ChatCompletionChunk;

/** Compiles only where `From` can be given for `To`. */
type Fits<From extends To, To> = From;

// Requests of the official SDK are ours.
export type Requests = [
  Fits<OpenAI.Chat.Completions.ChatCompletionCreateParamsNonStreaming, ChatRequest>,
  Fits<OpenAI.Chat.Completions.ChatCompletionCreateParamsStreaming, ChatRequest>,
  Fits<Completions, ChatRequest>,
  Fits<TheirMessage, Message>,
  Fits<OpenAI.Chat.Completions.ChatCompletionTool, Tool>,
  Fits<OpenAI.Chat.Completions.ChatCompletionToolChoiceOption, ToolChoice>,
  Fits<OpenAI.Chat.Completions.ChatCompletionContentPart, ContentPart>,
  Fits<OpenAI.Chat.Completions.ChatCompletionMessageFunctionToolCall, FunctionToolCall>,
];

// Our answers are theirs, whole and streamed, and so are our messages.
export type Answers = [
  Fits<ChatReply, Theirs>,
  Fits<Choice, Theirs["choices"][number]>,
  Fits<ReplyMessage, OpenAI.Chat.Completions.ChatCompletionMessage>,
  Fits<ChatChunk, TheirChunk>,
  Fits<FinishReason, Theirs["choices"][number]["finish_reason"]>,
  Fits<Usage, OpenAI.CompletionUsage>,
  Fits<Message, TheirMessage>,
];

// An answer goes back into the history, in our types and in theirs.
export type History = [Fits<ReplyMessage, Message>, Fits<ReplyMessage, TheirMessage>];

// Schemas of the published interface are ours.
export type Schemas = [
  Fits<SpecSchema<string, number>, StandardSchemaV1<string, number>>,
  Fits<SpecSchema, StandardSchemaV1>,
  Fits<StandardSchemaV1<string, number>, StandardSchemaV1<unknown, number>>,
];

export function roundTrip(reply: ChatReply, theirs: Completions): ChatRequest {
  const text: string | null = reply.choices[0].message.content;
  const messages: Message[] = [{ role: "user", content: "a" }, reply.choices[0].message];
  const params: TheirMessage[] = messages;
  const literal: ChatRequest = { messages, temperature: null, model: "auto", providerOptions: { glm: { a: 1 } } };
  // A request may be frozen or built from read-only lists.
  const frozen: ChatRequest = Object.freeze({ messages: Object.freeze([...messages]), tools: Object.freeze([]) });
  const widened: ChatRequest = { ...theirs, model: text };
  return [literal, frozen, widened][params.length] ?? literal;
}

export function refused(): unknown[] {
  return [
    // @ts-expect-error a reply has at least one choice
    { id: "", object: "chat.completion", created: 0, model: "", choices: [] } satisfies ChatReply,
    // @ts-expect-error optional vocabulary fields are never given as undefined
    { messages: [], temperature: undefined } satisfies ChatRequest,
    // @ts-expect-error a tool's answer names the call
    { role: "tool", content: "" } satisfies Message,
  ];
}
