import type { WireCodec } from "../codec.js";
import { decodeReply } from "./decode-reply.js";
import { AnthropicDecoder } from "./decode-stream.js";
import { encodeRequest } from "./encode.js";

/** How the key travels: Anthropic's own header, `Authorization: Bearer`, or both for endpoints that read either. */
export type AnthropicAuth = "x-api-key" | "bearer" | "both";

const VERSION = { "anthropic-version": "2023-06-01" };

/** Anthropic messages, as its imitators speak them. */
export function anthropicWire(auth: AnthropicAuth): WireCodec {
  return {
    path: "/v1/messages",
    modelsPath: "/v1/models",
    headers(key) {
      const headers: { [name: string]: string } = { ...VERSION };
      if (key !== "" && auth !== "bearer") headers["x-api-key"] = key;
      if (key !== "" && auth !== "x-api-key") headers.authorization = `Bearer ${key}`;
      return headers;
    },
    encode: encodeRequest,
    decodeReply,
    createDecoder: (call) => new AnthropicDecoder(call),
  };
}
