/** What a page says about a vendor beyond the data: quirks as they were found in documents, sources and others' probes. */
export interface VendorNotes {
  readonly name: string;
  readonly correction?: string;
  readonly quirks: readonly string[];
  readonly tips: readonly string[];
}

export const NOTES: { readonly [vendor: string]: VendorNotes } = {
  minimax: {
    name: "MiniMax",
    correction:
      "**MiniMax-M2 has function calling.** Older texts, the seed of this project among them, say that it has none \"by design\". The vendor's own repository ships a guide to it (MiniMax-AI/MiniMax-M2, `docs/tool_calling_guide.md`), the vendor's own agent sends `tools` (MiniMax-AI/Mini-Agent), models.dev lists `tool_call = true` for every M-series model, and a published probe of M2.7-highspeed got correct `tool_calls` (terrylica/cc-skills, 2026-04). What M2.x does lack: `tool_choice`, `stop`, `response_format`, `n` above 1 and pictures, all of which it ignores without a word.",
    quirks: [
      "Thinking comes inside the content as `<think>...</think>`; with `reasoning_split`, which is always sent, it comes apart, in two fields at once. It is counted once.",
      "In a tool loop the thinking has to go back: `provider_state` carries `reasoning_details` as they came.",
      "A text after tool results joins the last of them, or the model loses its train of thought.",
      "`stop` is ignored, so it is not sent; the answer is cut here, also in the middle of a stream.",
      "`temperature` is documented above 0 and at most 1: values are held there. 0 is not deterministic.",
      "Invalid tool arguments in the history make the next request fail with 2013; they are sent as `{}`.",
      "Errors: HTTP 4xx with the code in brackets at the end of the message, or HTTP 200 with `base_resp`. 2013 stands for nearly every fault of a request; the message tells which.",
      "The China endpoint is reported to refuse `stream_options`; usage of streams is estimated there (`streamUsage: true` asks anyway).",
    ],
    tips: [
      "Keys of the two regions do not work in each other; `sk-cp-` keys draw on a plan, `sk-api-` keys on the balance.",
      "M3.1-Flash thinks at `max` unless told: a gateway measured about 7 times the cost of `low` on one task. Set `reasoning_effort`.",
      "M3 bills the whole request double above 512,000 input tokens, and a published probe missed its needle at 400K.",
      "The prefix cache begins at 512 tokens and saves money, not time.",
    ],
  },
  glm: {
    name: "Zhipu / Z.ai GLM",
    quirks: [
      "`reasoning_content` beside the content. It goes back unchanged with tool results.",
      "Content that is a list is silently emptied by the template for assistant and tool messages: text parts are joined.",
      "Without `tool_stream` the arguments of a call come as one late piece after minutes of silence: it is sent with every streamed request that has tools.",
      "Finish reasons of its own, on HTTP 200: `sensitive`, `network_error`, `model_context_window_exceeded`.",
      "HTTP 429 covers concurrency (1302), overload (1305), an empty balance (1113), a locked account (1121) and used-up plans (1308 and others): the code decides. The Anthropic route answers in this same shape.",
      "Reset times stand in the text, without a zone: they are taken as the earliest that they can mean.",
      "`json_object` only: a schema goes into the prompt.",
    ],
    tips: [
      "glm-5.3 cannot stop thinking and thinks at `max` by default: set `reasoning_effort`.",
      "Concurrency per model is low on new accounts; 1302 heals in seconds.",
      'The coding plan has its own endpoint and key: `glm({ plan: "coding" })`.',
      "The Anthropic base of the China region is not confirmed: override it with `baseURL`.",
    ],
  },
  kimi: {
    name: "Moonshot Kimi",
    quirks: [
      "Sampling is fixed: any `temperature` but 1 is a 400. None of it is sent.",
      "With thinking on, an assistant message with tool calls and no `reasoning_content` is a 400. Its own goes back as it came, an empty one included; history from elsewhere gets one space.",
      "An empty text beside tool calls is a 400: it is left out.",
      "Tool schemas are brought into its subset of JSON Schema, on a copy: `type` everywhere, `prefixItems` for tuples, `type` moved into `anyOf`.",
      "Pictures as data URLs (or its own `ms://` ids) only; nothing is downloaded for you.",
      "`stop` takes 5 sequences of 32 bytes; longer ones are cut here.",
      "Cached tokens stand at the top of usage, in the details, or both; in streams the usage may stand in the choice. They are billed once.",
      "Tool-call ids may be empty in streams: one is made.",
    ],
    tips: [
      "All K2.x end in December 2026 and are closed to new accounts; the automatic choice is K3.1-pro and K3.",
      "K3 writes at most 131,072 tokens unless `max_completion_tokens` says more; prompt and output have to fit the window together.",
      "A used-up coding plan calls itself an overloaded engine (429), and recovers in about 20 minutes.",
      "Keys of the two regions are 401 in each other.",
    ],
  },
};
