import { createAssembler } from "../../chat/assemble.js";
import type { ChatReply } from "../../chat/reply.js";
import { isRaw } from "../../chat/responses/items.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import type { WireCall } from "../codec.js";
import { ResponsesDecoder } from "./decode-stream.js";

/** A whole response, read as the last event of a stream that said nothing before it. */
export function decodeReply(body: unknown, call: WireCall): ChatReply {
  if (!isRaw(body) || (!Array.isArray(body.output) && body.status !== "failed")) throw call.fail({ status: 200, body });
  const decoder = new ResponsesDecoder(call);
  const assembler = createAssembler();
  for (const chunk of decoder.whole(body)) assembler.push(chunk);
  const { provider, model } = call;
  if (!decoder.finished) {
    const where = { provider, model: model.id };
    throw new SignalboxError("malformed_response", `${provider} answered before its answer was done`, where);
  }
  for (const chunk of decoder.end()) assembler.push(chunk);
  return assembler.reply();
}
