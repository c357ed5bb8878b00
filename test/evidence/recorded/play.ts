import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Message } from "../../../src/chat/message.js";
import type { ChatReply } from "../../../src/chat/reply.js";
import type { ChatRequest } from "../../../src/chat/request.js";
import type { ModelInfo } from "../../../src/contract/provider.js";
import { anthropicCompatible, createRouter, openaiCompatible } from "../../../src/index.js";
import { seededRandom } from "../../../src/testing/index.js";
import type { RecordedAnswer } from "./answer.js";
import { keepsakesOf, lostKeepsakes } from "./keepsakes.js";
import { differences, expectedReading, readingOf, shortened } from "./reading.js";

type Raw = { [field: string]: unknown };

/** A loopback server that gives one answer at a time, in the pieces it is told. */
export interface Stage {
  play(answer: RecordedAnswer): Promise<string[]>;
  close(): void;
}

const WAYS = [
  ["chat", false],
  ["chat", true],
  ["stream", false],
  ["stream", true],
] as const;

/** Opens the server; `play` gives every difference it finds, none for an answer that is read right. */
export async function openStage(seed = 7): Promise<Stage> {
  const random = seededRandom(seed);
  let answer: { status: number; type: string; pieces: readonly Buffer[] } = { status: 500, type: "", pieces: [] };
  let sent: Raw = {};
  const server: Server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", async () => {
      sent = JSON.parse(Buffer.concat(parts).toString()) as Raw;
      response.writeHead(answer.status, { "content-type": answer.type });
      for (const piece of answer.pieces) {
        response.write(piece);
        // A turn of the event loop between writes, so that each is a read of its own.
        if (answer.pieces.length > 1) await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  function show({ status, stream, body }: RecordedAnswer, cut: boolean): void {
    const bytes = Buffer.from(body);
    const marks = cut ? Array.from({ length: 7 }, () => Math.floor(random() * bytes.length)).sort((a, b) => a - b) : [];
    const bounds = [0, ...marks, bytes.length];
    const pieces = bounds.slice(1).map((end, i) => bytes.subarray(bounds[i], end));
    answer = {
      status,
      type: stream && status < 300 ? "text/event-stream" : "application/json",
      pieces: pieces.filter((piece) => piece.length > 0),
    };
  }

  return {
    async play(recorded) {
      const found: string[] = [];
      for (const [way, cut] of WAYS) {
        const router = routerFor(recorded, baseURL);
        const request = requestOf(recorded);
        const ask = async (asked: ChatRequest): Promise<ChatReply> =>
          way === "stream" ? router.stream(asked).reply : router.chat(asked);
        const name = `${way}${cut ? ", cut" : ""}`;
        show(recorded, cut);
        const expected = expectedReading(recorded);
        try {
          const reply = await ask(request);
          if (expected === null) found.push(`${name}: expected an error, got ${shortened(JSON.stringify(reply))}`);
          else {
            found.push(...differences(expected, readingOf(reply)).map((text) => `${name}: ${text}`));
            // What the next answer says does not count, only what its request carried.
            await ask({ ...request, messages: nextTurn(request, reply) }).catch(() => {});
            const message = assistantIn(sent);
            const back = [...wrongTurn(reply, message), ...lostKeepsakes(keepsakesOf(recorded), message)];
            found.push(...back.map((text) => `${name}, sent back: ${text}`));
          }
        } catch (error) {
          const { kind, detail, message } = error as { kind?: string; detail?: string; message: string };
          if (expected !== null) found.push(`${name}: failed as ${kind}/${detail}: ${shortened(message)}`);
          else if (kind === "malformed_response" || kind === "stream_interrupted") {
            found.push(`${name}: the error was not read: ${kind}/${detail}`);
          }
        }
        await router.close();
      }
      return found;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function routerFor({ wire, stream, model }: RecordedAnswer, host: string) {
  const info: ModelInfo = {
    id: model ?? "unnamed",
    contextWindow: 2_000_000,
    maxOutput: null,
    usdPerMTok: { input: 1, output: 2 },
    capabilities: { tools: true, vision: "url", thinking: "switchable", json: "schema", audio: true, files: true },
  };
  const options = { id: "recorded", apiKey: "k", models: [info], chatUpstream: stream ? "stream" : "whole" } as const;
  const provider =
    wire === "anthropic"
      ? anthropicCompatible({ ...options, baseURL: host })
      : openaiCompatible({ ...options, baseURL: `${host}/v1`, wire: wire === "openai" ? "chat" : "responses" });
  return createRouter({ providers: [provider], retry: { attempts: 1 } });
}

function requestOf({ tools }: RecordedAnswer): ChatRequest {
  const messages: Message[] = [{ role: "user", content: "go on" }];
  const offered = tools.map((name) => ({
    type: "function" as const,
    function: { name, parameters: { type: "object" } },
  }));
  return offered.length > 0 ? { messages, tools: offered } : { messages };
}

function nextTurn(request: ChatRequest, reply: ChatReply): Message[] {
  const { message } = reply.choices[0];
  const results: Message[] = (message.tool_calls ?? []).map(({ id }) => ({
    role: "tool",
    tool_call_id: id,
    content: "done",
  }));
  const more: Message[] = results.length > 0 ? results : [{ role: "user", content: "and then?" }];
  return [...request.messages, message, ...more];
}

/** The assistant's turn of a request; on the Responses wire all items up to the next turn, read as one message. */
function assistantIn(sent: Raw): Raw {
  if (!Array.isArray(sent.input)) return (sent.messages as Raw[])[1] ?? {};
  const input = (sent.input as Raw[]).slice(1);
  const end = input.findIndex(({ type, role }) => role === "user" || type === "function_call_output");
  const items = end < 0 ? input : input.slice(0, end);
  const parts = items.filter(({ type }) => type === "message").map(({ content }) => (content as Raw[]) ?? []);
  const text = parts.map((each) => each.map((part) => part.text ?? part.refusal ?? "").join("")).join("\n\n");
  const calls = items.filter(({ type }) => type === "function_call").map(({ name }) => ({ function: { name } }));
  return { content: text, tool_calls: calls, items };
}

/** Text and calls that the assistant turn of the next request lacks, whatever the wire's form for them. */
function wrongTurn(reply: ChatReply, sent: Raw): string[] {
  const { message } = reply.choices[0];
  const blocks = Array.isArray(sent.content) ? (sent.content as Raw[]) : [{ type: "text", text: sent.content ?? "" }];
  const text = blocks.map((block) => (block.type === "text" ? String(block.text) : "")).join("");
  const uses = blocks.filter(({ type }) => type === "tool_use");
  const calls = ((sent.tool_calls ?? []) as Raw[]).map((call) => call.function as Raw);
  const names = [...calls, ...uses].map(({ name }) => name);
  const wrong: string[] = [];
  const said = message.content ?? message.refusal ?? "";
  if (text !== said) wrong.push(`text: ${shortened(JSON.stringify(said))} is ${shortened(JSON.stringify(text))}`);
  const given = (message.tool_calls ?? []).map((call) => (call.type === "function" ? call.function.name : ""));
  if (String(names) !== String(given)) wrong.push(`calls: ${given} are ${names}`);
  return wrong;
}
