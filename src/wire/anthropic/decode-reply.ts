import { createAssembler } from "../../chat/assemble.js";
import type { ChatChunk } from "../../chat/chunk.js";
import type { ChatReply } from "../../chat/reply.js";
import { readErrorBody } from "../../errors/error-body.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import type { WireCall } from "../codec.js";
import { AnthropicDecoder } from "./decode-stream.js";

type Raw = { readonly [field: string]: unknown };

/** A whole message, read as the stream it could have been, so that both ways of asking give the same reply. */
export function decodeReply(body: unknown, call: WireCall): ChatReply {
  const message = body as Raw | null;
  if (
    typeof message !== "object" ||
    message === null ||
    readErrorBody(message).isError ||
    !Array.isArray(message.content)
  ) {
    throw call.fail({ status: 200, body });
  }
  const decoder = new AnthropicDecoder(call);
  const assembler = createAssembler();
  const push = (chunk: ChatChunk | undefined): void => {
    if (chunk !== undefined) assembler.push(chunk);
  };
  push(decoder.read({ type: "message_start", message }));
  message.content.forEach((block: unknown, index) => {
    if (typeof block !== "object" || block === null || decoder.ended === "cut") return;
    push(decoder.read({ type: "content_block_start", index, content_block: block }));
    push(decoder.read({ type: "content_block_stop", index }));
  });
  const { stop_reason, stop_sequence } = message;
  if (!decoder.finished) push(decoder.read({ type: "message_delta", delta: { stop_reason, stop_sequence } }));
  if (decoder.ended === false) decoder.ended = "complete";
  try {
    for (const chunk of decoder.end()) push(chunk);
  } catch (error) {
    if (!SignalboxError.isInstance(error) || error.kind !== "stream_interrupted") throw error;
    const where = { provider: call.provider, model: call.model.id };
    throw new SignalboxError("empty_response", `${call.provider} answered without text or tool call`, where);
  }
  return assembler.reply();
}
