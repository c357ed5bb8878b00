import type { ChatChunk, Delta, ToolCallDelta } from "./chunk.js";
import type { ChatReply } from "./reply.js";
import { copyUsage } from "./usage.js";

/**
 * A reply as the stream it could have been: thinking, text, tool calls, the finish reason, and last a usage-only chunk
 * where the reply has usage. Assembling the chunks gives the reply back; nothing done to them changes it.
 */
export function chunksOf(reply: ChatReply): ChatChunk[] {
  const choice = reply.choices[0];
  const { message } = choice;
  const chunks: ChatChunk[] = [];
  const add = (delta: Delta, finish: typeof choice.finish_reason | null = null): ChatChunk => {
    const chunk = chunkLike(reply, [{ index: 0, delta, finish_reason: finish }]);
    chunks.push(chunk);
    return chunk;
  };
  const first: Delta = { role: "assistant" };
  if (typeof message.reasoning_content === "string") {
    add({ role: "assistant", reasoning_content: message.reasoning_content });
    delete first.role;
  }
  const body: Delta = { ...first, content: message.content };
  if (message.refusal !== null) body.refusal = message.refusal;
  const text = add(body);
  if (choice.logprobs !== null && text.choices[0]) text.choices[0].logprobs = structuredClone(choice.logprobs);
  const calls = message.tool_calls;
  if (calls !== undefined && calls.length > 0) {
    add({ tool_calls: calls.map((call, index) => Object.assign(structuredClone(call), { index }) as ToolCallDelta) });
  }
  const { annotations, audio, images } = message;
  if (annotations || audio || images) {
    add(structuredClone({ ...(annotations && { annotations }), ...(audio && { audio }), ...(images && { images }) }));
  }
  add(message.provider_state ? { provider_state: structuredClone(message.provider_state) } : {}, choice.finish_reason);
  if (reply.extensions !== undefined) {
    Object.assign(chunks.at(-1) as ChatChunk, { extensions: structuredClone(reply.extensions) });
  }
  if (reply.usage !== undefined) chunks.push({ ...chunkLike(reply, []), usage: copyUsage(reply.usage) });
  return chunks;
}

function chunkLike(reply: ChatReply, choices: ChatChunk["choices"]): ChatChunk {
  const { id, created, model, system_fingerprint, service_tier } = reply;
  const chunk: ChatChunk = { id, object: "chat.completion.chunk", created, model, choices };
  if (system_fingerprint !== undefined) chunk.system_fingerprint = system_fingerprint;
  if (service_tier) chunk.service_tier = service_tier;
  return chunk;
}
