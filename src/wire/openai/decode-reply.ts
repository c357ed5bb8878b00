import { createAssembler } from "../../chat/assemble.js";
import type { ChatReply } from "../../chat/reply.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import type { WireCall } from "../codec.js";
import { OpenAIDecoder } from "./decode-stream.js";

/** A whole answer, read as a stream of one event, so that both ways of asking give the same reply. */
export function decodeReply(body: unknown, call: WireCall): ChatReply {
  const choices = (body as { choices?: unknown } | null)?.choices;
  if (typeof body !== "object" || body === null || !Array.isArray(choices) || choices.length === 0) {
    throw call.fail({ status: 200, body });
  }
  const decoder = new OpenAIDecoder(call);
  const assembler = createAssembler();
  const chunk = decoder.read(body as { [field: string]: unknown }, true);
  if (chunk !== undefined) assembler.push(chunk);
  if (!decoder.finished && decoder.ended === false) decoder.ended = "complete";
  try {
    for (const rest of decoder.end()) assembler.push(rest);
  } catch (error) {
    // A whole body that says nothing is empty, not cut.
    throw SignalboxError.isInstance(error) && error.kind === "stream_interrupted" ? emptyReply(call) : error;
  }
  return assembler.reply();
}

function emptyReply(call: WireCall): SignalboxError {
  const where = { provider: call.provider, model: call.model.id };
  return new SignalboxError("empty_response", `${call.provider} answered without text or tool call`, where);
}
