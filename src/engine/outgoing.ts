import type { ChatRequest } from "../chat/request.js";
import { jsonInstruction, jsonSchemaOf, type StandardSchemaV1 } from "../chat/standard-schema.js";
import { estimateRequestTokens } from "../chat/tokens.js";
import { extended } from "../core/extended.js";
import { affordableOutput } from "../pricing/cost.js";
import type { Call } from "./call.js";
import type { Candidate } from "./candidate.js";
import { leftUsd } from "./costs.js";

/**
 * The request as this candidate's provider gets it: its model, no other provider's options, JSON asked for where the
 * caller gave an output schema, and output clamped to what the call may cost.
 */
export function outgoing(call: Call, candidate: Candidate): ChatRequest {
  const { request, options } = call;
  const { provider, info } = candidate;
  const sent: ChatRequest = extended(request, { model: info.id });
  if (request.models !== undefined) delete sent.models;
  if (request.providerOptions) {
    const own = ownOptions(request.providerOptions, provider.id, info.optionsName);
    if (own) sent.providerOptions = own;
    else delete sent.providerOptions;
  }
  if (options.output && !request.response_format) askForJson(sent, options.output, info.capabilities.json);
  if (options.maxCostUsd !== undefined) clampOutput(sent, call, candidate);
  return sent;
}

type Options = NonNullable<ChatRequest["providerOptions"]>;

/** What is said to this provider, under its id or the vendor's own name; `undefined` if nothing is. */
function ownOptions(given: Options, id: string, name: string | undefined): Options | undefined {
  const own = given[id];
  const named = name === undefined || name === id ? undefined : given[name];
  if (named === undefined || name === undefined) return own ? { [id]: own } : undefined;
  return own ? { [id]: own, [name]: named } : { [name]: named };
}

/** The model's JSON mode where it has one, and a sentence with the schema where that alone does not hold it. */
function askForJson(sent: ChatRequest, output: StandardSchemaV1, mode: "none" | "object" | "schema"): void {
  const schema = jsonSchemaOf(output);
  if (mode === "schema" && schema) {
    sent.response_format = { type: "json_schema", json_schema: { name: "output", schema } };
    return;
  }
  if (mode !== "none") sent.response_format = { type: "json_object" };
  const [first, ...rest] = sent.messages;
  const instruction = jsonInstruction(output);
  sent.messages =
    first?.role === "system" && typeof first.content === "string"
      ? [{ ...first, content: `${first.content}\n\n${instruction}` }, ...rest]
      : [{ role: "system", content: instruction }, ...sent.messages];
}

/** What the call may still spend, in output tokens of this candidate. */
function clampOutput(sent: ChatRequest, call: Call, { info }: Candidate): void {
  if (info.usdPerMTok === null) return;
  const affordable = Math.max(1, affordableOutput(info.usdPerMTok, estimateRequestTokens(sent), leftUsd(call)));
  const asked = sent.max_completion_tokens ?? sent.max_tokens ?? info.maxOutput ?? Number.POSITIVE_INFINITY;
  if (affordable >= asked) return;
  sent.max_completion_tokens = affordable;
  delete sent.max_tokens;
}
