import { inspect } from "node:util";
import type { ChatChunk } from "../../chat/chunk.js";
import { functionOf } from "../../chat/message.js";
import type { ChatReply } from "../../chat/reply.js";
import { type ConformanceCase, ensure, ensureSame, pause } from "./case.js";
import { ask, assembled, callContext, helloRequest, scenarioCase, streamOf } from "./provider-harness.js";
import { ECHO, type ProviderConformanceOptions, REASONING, TEXT, TOOL_CALL } from "./provider-scenarios.js";

const TOOLS = [
  {
    type: "function" as const,
    function: {
      name: "get_weather",
      parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    },
  },
];

/** What providers say when all is well. */
export function answerCases(options: ProviderConformanceOptions): ConformanceCase[] {
  return [
    ...scenarioCase(options, "names itself and its models", TEXT, async ({ provider }) => {
      ensure(provider.id !== "" && !provider.id.includes("/"), "its id must be a word without a slash");
      ensure(provider.models.length > 0, "it lists no models");
      const ids = new Set(provider.models.map((model) => model.id));
      ensure(ids.size === provider.models.length, "it lists a model twice");
      for (const id of provider.autoModels ?? []) ensure(ids.has(id), `autoModels names ${id}, which it does not list`);
    }),
    ...scenarioCase(options, "answers text", TEXT, async ({ provider }) => {
      const reply = await ask(provider, helloRequest(), callContext());
      ensureSame(reply.choices[0].message.content, TEXT.text, "the text");
      ensureSame(reply.choices[0].finish_reason, "stop", "the finish reason");
      ensureSame([reply.object, reply.choices.length], ["chat.completion", 1], "the form of the reply");
      ensure(reply.id !== "" && reply.model !== "" && reply.created > 0, "the reply lacks id, model or date");
    }),
    ...scenarioCase(options, "streams what it would have answered whole", TEXT, async ({ provider }) => {
      await sameBothWays(provider);
    }),
    ...scenarioCase(options, "streams well-formed chunks", TEXT, async ({ provider }) => {
      const chunks: ChatChunk[] = [];
      for await (const chunk of streamOf(provider, helloRequest(), callContext())) chunks.push(chunk);
      ensureSame(chunks[0]?.choices[0]?.delta.role, "assistant", "the first chunk's role");
      ensure(new Set(chunks.map((chunk) => chunk.id)).size === 1, "its chunks have several ids");
      for (const chunk of chunks) ensureSame(chunk.object, "chat.completion.chunk", "a chunk's object");
      const finishes = chunks.filter((chunk) => chunk.choices[0]?.finish_reason);
      ensure(finishes.length === 1, `${finishes.length} chunks have a finish reason, one must`);
    }),
    ...scenarioCase(options, "counts tokens", TEXT, async ({ provider }) => {
      const { usage } = await ask(provider, helloRequest(), callContext());
      ensure(usage !== undefined, "the reply has no usage");
      ensureSame(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens, "the sum of the usage");
      if (options.without?.includes("exact_usage")) return;
      ensureSame([usage.prompt_tokens, usage.completion_tokens], [12, 7], "the upstream's counts");
    }),
    ...scenarioCase(options, "leaves the request as it is", TEXT, async ({ provider }) => {
      const request = deepFreeze(helloRequest({ tools: TOOLS, temperature: 0.5 }));
      const before = JSON.stringify(request);
      await ask(provider, request, callContext());
      ensureSame(JSON.stringify(request), before, "the request afterwards");
    }),
    ...scenarioCase(
      options,
      "keeps simultaneous calls apart",
      ECHO,
      async ({ provider }) => {
        const work = Array.from({ length: 20 }, async (_, index) => {
          const content = `Is line ${index} clear?`;
          const request = helloRequest({ messages: [{ role: "user", content }] });
          const reply = await (index % 2 ? ask : assembled)(provider, request, callContext());
          ensureSame(reply.choices[0].message.content, content, "the answer to one of 20 requests at once");
        });
        await Promise.all(work);
      },
      ["echo"],
    ),
    ...scenarioCase(options, "asks its upstream once for an answer", TEXT, async ({ provider, upstream }) => {
      for (const [index, way] of [ask, assembled].entries()) {
        // Another question each time, for one that remembers answers.
        const request = helloRequest({ messages: [{ role: "user", content: `Is line ${index} clear?` }] });
        await way(provider, request, callContext());
        await pause(10);
        if (upstream) ensureSame(upstream.calls(), index + 1, `calls of the upstream after ${index + 1} answers`);
      }
    }),
    ...scenarioCase(
      options,
      "tells how far an answer has come",
      TEXT,
      async ({ provider }) => {
        const reports: string[] = [];
        const report = (progress: string) => void reports.push(progress);
        for await (const _ of streamOf(provider, helloRequest(), callContext({ report })));
        // A router tells of its calls, too, and a cache where it will keep the answer.
        ensureSame(
          reports.find((progress) => progress !== "called" && progress !== "kept"),
          "headers",
          "the first report",
        );
      },
      ["reports"],
    ),
    ...scenarioCase(
      options,
      "shows its thinking apart from its text",
      REASONING,
      async ({ provider }) => {
        const reply = await sameBothWays(provider);
        const { content, reasoning_content } = reply.choices[0].message;
        ensureSame([content, reasoning_content], [REASONING.text, REASONING.reasoning], "text and thinking");
      },
      ["reasoning"],
    ),
    ...scenarioCase(
      options,
      "calls tools",
      TOOL_CALL,
      async ({ provider }) => {
        const reply = await sameBothWays(provider, { tools: TOOLS });
        const [call] = reply.choices[0].message.tool_calls ?? [];
        const { id, name, arguments: args } = TOOL_CALL.toolCall as NonNullable<typeof TOOL_CALL.toolCall>;
        ensureSame([call?.id, call?.type, functionOf(call)?.name], [id, "function", name], "the call");
        ensureSame(JSON.parse(functionOf(call)?.arguments ?? "null"), JSON.parse(args), "the arguments");
        ensureSame(reply.choices[0].finish_reason, "tool_calls", "the finish reason");
      },
      ["tools"],
    ),
    ...scenarioCase(
      options,
      "takes its own answer back into the history",
      TOOL_CALL,
      async ({ provider }) => {
        const request = helloRequest({ tools: TOOLS });
        const { message } = (await ask(provider, request, callContext())).choices[0];
        const result = { role: "tool" as const, tool_call_id: TOOL_CALL.toolCall?.id ?? "", content: "rain" };
        const next = { ...request, messages: [...request.messages, message, result] };
        ensure((await ask(provider, next, callContext())).choices.length === 1, "the second turn has no answer");
      },
      ["tools"],
    ),
    ...scenarioCase(options, "shows no key when printed", TEXT, async ({ provider }) => {
      const shown = `${inspect(provider, { depth: 8, showHidden: true })} ${JSON.stringify(provider)}`;
      for (const secret of options.secrets ?? []) ensure(!shown.includes(secret), "a key shows when it is printed");
    }),
  ];
}

/** The reply of `chat`, after checking that the stream says the same. */
async function sameBothWays(
  provider: Parameters<typeof ask>[0],
  more: Parameters<typeof helloRequest>[0] = {},
): Promise<ChatReply> {
  const whole = await ask(provider, helloRequest(more), callContext());
  const streamed = await assembled(provider, helloRequest(more), callContext());
  ensureSame(essence(streamed), essence(whole), "the stream beside the whole answer");
  return whole;
}

function essence(reply: ChatReply): unknown {
  const { message, finish_reason } = reply.choices[0];
  return {
    finish_reason,
    content: message.content || null,
    reasoning: message.reasoning_content || null,
    calls: message.tool_calls?.map(functionOf),
  };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    for (const item of Object.values(value)) deepFreeze(item);
    Object.freeze(value);
  }
  return value;
}
