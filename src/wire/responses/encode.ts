import { toResponsesChoice, toResponsesTool, toTextFormat } from "../../chat/responses/tools.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import type { WireCall } from "../codec.js";
import type { Fields } from "../dialect.js";
import { addProviderOptions, copyFields, effortFields, outputLimitOf, toolChoiceOf } from "../fields.js";
import { arrangeMessages } from "../history.js";
import { jsonModeInstruction } from "../json-prompt.js";
import { toInput } from "./messages.js";

type Body = { [field: string]: unknown };

/** Fields of chat completions that this API has no word for. */
const UNSPOKEN: ReadonlySet<string> = new Set([
  "audio",
  "frequency_penalty",
  "logit_bias",
  "modalities",
  "n",
  "prediction",
  "presence_penalty",
  "seed",
]);
/** Fields that it says in a form of its own, below. */
const SAID: ReadonlySet<string> = new Set(["include", "logprobs", "store", "verbosity"]);

/** A request as an endpoint of the Responses API takes it. Equal requests give equal bytes. */
export function encodeRequest(call: WireCall): Fields {
  const { request, dialect, model } = call;
  refuseOldTools(call);
  const format = request.response_format ?? undefined;
  const instruction = format && jsonModeInstruction(format, dialect.json);
  const arranged = arrangeMessages(request.messages, dialect, instruction);
  const first = arranged[0];
  const leads = first?.role === "system" && typeof first.content === "string";
  const body: Body = { model: model.id };
  if (leads) body.instructions = first.content;
  body.input = toInput(leads ? arranged.slice(1) : arranged, call);
  copyFields(call, body, UNSPOKEN, SAID);
  addTools(call, body);
  addText(call, body);
  const limit = outputLimitOf(call);
  if (limit !== undefined) body.max_output_tokens = limit;
  addReasoning(call, body);
  body.store = request.store ?? false;
  const include = includes(call);
  if (include.length > 0) body.include = include;
  Object.assign(body, dialect.fixed);
  if (call.streamed) body.stream = true;
  addProviderOptions(call, body);
  return body;
}

function addTools(call: WireCall, body: Body): void {
  const { tools } = call.request;
  if (!tools || tools.length === 0) return;
  const choice = toolChoiceOf(call);
  if (choice === "drop_tools") return;
  if (choice !== undefined) body.tool_choice = toResponsesChoice(choice);
  body.tools = tools.map(toResponsesTool);
}

function addText(call: WireCall, body: Body): void {
  const { request, dialect, model } = call;
  const { response_format: format, verbosity } = request;
  const text: Body = {};
  if (format && format.type !== "text") {
    if (dialect.json === "none") {
      call.warn("response_format", `${model.id} has no JSON mode: the prompt asks for JSON instead`);
    } else text.format = dialect.json === "object" ? { type: "json_object" } : toTextFormat(format);
  }
  if (verbosity) text.verbosity = verbosity;
  if (text.format !== undefined || text.verbosity !== undefined) body.text = text;
}

/** Effort and summary. A summary is only asked for on request: OpenAI gives it to verified organisations alone. */
function addReasoning(call: WireCall, body: Body): void {
  const fields = effortFields(call);
  const { reasoning_summary: summary } = call.request;
  const { reasoning_effort: effort, ...own } = (fields ?? {}) as Body;
  const reasoning: Body = {};
  if (effort !== undefined) reasoning.effort = effort;
  if (summary && call.model.capabilities.thinking !== "none") reasoning.summary = summary;
  Object.assign(body, own);
  if (reasoning.effort !== undefined || reasoning.summary !== undefined) body.reasoning = reasoning;
}

/** Without state on the server, thinking has to travel with the conversation: encrypted, for its issuer alone. */
function includes({ request, model }: WireCall): readonly string[] {
  const include = new Set<string>();
  if (model.capabilities.thinking !== "none") include.add("reasoning.encrypted_content");
  if (request.logprobs) include.add("message.output_text.logprobs");
  const { include: wanted } = request as { readonly include?: unknown };
  if (Array.isArray(wanted)) for (const each of wanted) if (typeof each === "string") include.add(each);
  return [...include];
}

function refuseOldTools({ request, provider, model }: WireCall): void {
  if (!request.functions) return;
  throw new SignalboxError("unsupported", `${provider}: functions: has no form on this wire; give tools`, {
    detail: "wire",
    path: "functions",
    provider,
    model: model.id,
  });
}
