import type { LanguageModelV3StreamPart } from "@ai-sdk/provider";
import { createAssembler } from "../../chat/assemble.js";
import type { ChatChunk, ToolCallDelta } from "../../chat/chunk.js";
import type { ChatReply } from "../../chat/reply.js";
import { finishReasonOf, routeMetadata, untoldParts, usageOf } from "./from-reply.js";
import { factsOf, replayable } from "./kept-parts.js";
import { stateAsMetadata } from "./part-state.js";

type Emit = (part: LanguageModelV3StreamPart) => void;

interface OpenCall {
  readonly id: string;
  /** Characters of its arguments that were told already. */
  told: number;
}

/** Turns chunks into AI SDK stream parts, one open block at a time. */
export interface PartWriter {
  push(chunk: ChatChunk): void;
  /** @param whole the router's finished reply, with its route; where absent, what the chunks amount to. */
  end(whole: ChatReply | undefined): void;
}

export function createPartWriter(emit: Emit): PartWriter {
  const assembler = createAssembler();
  const calls = new Map<number, OpenCall>();
  let open: { readonly type: "text" | "reasoning"; readonly id: string } | undefined;
  let blocks = 0;
  let named = false;

  const close = (): void => {
    if (open) emit({ type: `${open.type}-end`, id: open.id });
    open = undefined;
  };
  const say = (type: "text" | "reasoning", delta: string): void => {
    if (open?.type !== type) {
      close();
      open = { type, id: String(blocks++) };
      emit({ type: `${type}-start`, id: open.id });
    }
    emit({ type: `${type}-delta`, id: open.id, delta });
  };
  const addCall = (piece: ToolCallDelta): void => {
    const { index, id } = piece;
    let call = calls.get(index);
    if (!call) {
      // A piece that names nothing can wait: the finished calls are told at the end in any case.
      if (!id || !piece.function?.name) return;
      close();
      call = { id, told: 0 };
      calls.set(index, call);
      emit({ type: "tool-input-start", id, toolName: piece.function.name });
    }
    const delta = piece.function?.arguments;
    if (!delta) return;
    call.told += delta.length;
    emit({ type: "tool-input-delta", id: call.id, delta });
  };
  const endCalls = (reply: ChatReply): void => {
    const begun = new Map([...calls.values()].map((call) => [call.id, call]));
    for (const { id, ...rest } of reply.choices[0].message.tool_calls ?? []) {
      if (rest.type !== "function") continue;
      const named = rest.function;
      const call = begun.get(id);
      if (!call) emit({ type: "tool-input-start", id, toolName: named.name });
      const untold = named.arguments.slice(call?.told ?? 0);
      if (untold !== "") emit({ type: "tool-input-delta", id, delta: untold });
      emit({ type: "tool-input-end", id });
      const input = named.arguments === "" ? "{}" : named.arguments;
      emit({ type: "tool-call", toolCallId: id, toolName: named.name, input });
    }
  };

  return {
    push(chunk) {
      assembler.push(chunk);
      if (!named && chunk.id !== "") {
        named = true;
        const timestamp = new Date(chunk.created * 1_000);
        emit({ type: "response-metadata", id: chunk.id, modelId: chunk.model, timestamp });
      }
      const delta = chunk.choices[0]?.delta;
      if (!delta) return;
      if (delta.reasoning_content) say("reasoning", delta.reasoning_content);
      const text = delta.content || delta.refusal;
      if (text) say("text", text);
      if (delta.tool_calls) for (const piece of delta.tool_calls) addCall(piece);
    },
    end(whole) {
      const assembled = assembler.reply();
      const reply = whole ?? assembled;
      const { message } = assembled.choices[0];
      const state = replayable(message.provider_state);
      const untold = untoldParts(reply.choices[0].message);
      if (state && !open) say("reasoning", "");
      if (state && open) {
        emit({ type: `${open.type}-end`, id: open.id, providerMetadata: stateAsMetadata(state) });
        open = undefined;
      }
      close();
      endCalls(assembled);
      for (const part of untold) emit(part);
      const { modelId, rawFinish } = factsOf(message.provider_state);
      if (modelId !== undefined) emit({ type: "response-metadata", modelId });
      emit({
        type: "finish",
        finishReason: finishReasonOf(assembler.finishReason, rawFinish),
        usage: usageOf(reply.usage),
        ...routeMetadata(reply),
      });
    },
  };
}
