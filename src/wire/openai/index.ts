import type { WireCodec } from "../codec.js";
import { decodeReply } from "./decode-reply.js";
import { OpenAIDecoder } from "./decode-stream.js";
import { encodeRequest } from "./encode.js";

/** OpenAI chat completions, as its imitators speak them. */
export const openaiWire: WireCodec = {
  path: "/chat/completions",
  modelsPath: "/models",
  headers: (key) => (key === "" ? {} : { authorization: `Bearer ${key}` }),
  encode: encodeRequest,
  decodeReply,
  createDecoder: (call) => new OpenAIDecoder(call),
};
