import { createServer, type Server } from "node:http";

/** What every client is asked to do; the words choose what the vendor answers. */
export const SAY = "Say hello.";
export const FAIL = "Fail, please.";
export const WAIT = "Never answer.";
export const ADD = "What is 2 + 40? Use the tool.";
export const CITY = "How warm is Bern? Answer in JSON.";
export const HELLO = "Hello from the vendor.";
export const SUM = "The sum is 42.";

interface Asked {
  readonly stream?: boolean;
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
  readonly tools?: readonly { readonly function: { readonly name: string } }[];
}

/** A vendor of the OpenAI wire on loopback. It counts calls, so that a client's own retries show. */
export interface Upstream {
  readonly url: string;
  calls: number;
  /** How often a caller left before its answer. */
  left: number;
  close(): void;
}

export async function startUpstream(): Promise<Upstream> {
  const server: Server = createServer(async (request, response) => {
    upstream.calls++;
    let text = "";
    for await (const piece of request) text += piece;
    const asked = JSON.parse(text) as Asked;
    const said = JSON.stringify(asked.messages);
    if (said.includes(WAIT)) {
      response.on("close", () => upstream.left++);
      return;
    }
    if (said.includes(FAIL)) {
      response.writeHead(400, { "content-type": "application/json" });
      const error = { message: "The vendor refuses this.", type: "invalid_request_error", code: "bad" };
      response.end(JSON.stringify({ error }));
      return;
    }
    const message = answerTo(asked, said);
    const finish = message.tool_calls ? "tool_calls" : "stop";
    const head = { id: "chatcmpl-1", created: 1_790_000_000, model: "vendor-1" };
    const usage = { prompt_tokens: 12, completion_tokens: 5, total_tokens: 17 };
    if (asked.stream !== true) {
      response.setHeader("content-type", "application/json");
      const choices = [{ index: 0, message: { role: "assistant", ...message }, finish_reason: finish, logprobs: null }];
      response.end(JSON.stringify({ ...head, object: "chat.completion", choices, usage }));
      return;
    }
    response.setHeader("content-type", "text/event-stream");
    for (const delta of deltasOf(message)) {
      const choices = [{ index: 0, delta, finish_reason: null }];
      response.write(`data: ${JSON.stringify({ ...head, object: "chat.completion.chunk", choices })}\n\n`);
    }
    const last = {
      ...head,
      object: "chat.completion.chunk",
      choices: [{ index: 0, delta: {}, finish_reason: finish }],
    };
    response.write(`data: ${JSON.stringify(last)}\n\n`);
    response.write(`data: ${JSON.stringify({ ...last, choices: [], usage })}\n\n`);
    response.end("data: [DONE]\n\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const upstream: Upstream = {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/v1`,
    calls: 0,
    left: 0,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return upstream;
}

interface Said {
  readonly content: string | null;
  readonly tool_calls?: readonly { readonly id: string; readonly type: "function"; readonly function: object }[];
}

function answerTo({ messages, tools }: Asked, said: string): Said {
  const [offered] = tools ?? [];
  const last = messages.at(-1);
  if (said.includes(ADD) && offered && last?.role !== "tool") return calling(offered.function.name, { a: 2, b: 40 });
  if (said.includes(ADD)) return { content: JSON.stringify(last).includes("42") ? SUM : "No sum." };
  const city = { city: "Bern", degrees: 7 };
  if (said.includes(CITY)) return offered ? calling(offered.function.name, city) : { content: JSON.stringify(city) };
  return { content: HELLO };
}

function calling(name: string, input: object): Said {
  const call = { id: "call_1", type: "function" as const, function: { name, arguments: JSON.stringify(input) } };
  return { content: null, tool_calls: [call] };
}

function deltasOf({ content, tool_calls }: Said): object[] {
  if (tool_calls) return tool_calls.map((call, index) => ({ role: "assistant", tool_calls: [{ index, ...call }] }));
  return (content ?? "").split(/(?<= )/).map((piece) => ({ role: "assistant", content: piece }));
}
