import type { WireCodec } from "../codec.js";
import { decodeReply } from "./decode-reply.js";
import { ResponsesDecoder } from "./decode-stream.js";
import { encodeRequest } from "./encode.js";

/** OpenAI Responses, used without state on the server: the whole history goes out and `store` is false. */
export const responsesWire: WireCodec = {
  path: "/responses",
  modelsPath: "/models",
  headers: (key) => (key === "" ? {} : { authorization: `Bearer ${key}` }),
  encode: encodeRequest,
  decodeReply,
  createDecoder: (call) => new ResponsesDecoder(call),
};
