import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { textOf } from "../../chat/message-text.js";
import { pause } from "./case.js";
import type { ProviderScenario, UpstreamFailure } from "./provider-scenarios.js";
import { anthropicEvents, anthropicMessage } from "./provider-wire-anthropic.js";
import { openaiCompletion, openaiEvents } from "./provider-wire-openai.js";
import { responsesEvents, responsesResponse } from "./provider-wire-responses.js";

/** An HTTP server on loopback that plays one scenario over one wire. */
export interface WireUpstream {
  /** Without a path: `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** Requests that have arrived. */
  calls(): number;
  /** Calls that the client left before the answer was whole. */
  aborted(): number;
  /** Ends it and frees what it holds. */
  close(): Promise<void>;
}

/** The wires that an upstream can play. */
type WireName = "openai" | "anthropic" | "responses";

/** How each wire says a scenario: whole, and as events of which the last three end the answer. */
const SAYS: {
  readonly [Wire in WireName]: {
    readonly whole: (scenario: ProviderScenario) => unknown;
    readonly events: (scenario: ProviderScenario) => string[];
  };
} = {
  openai: { whole: openaiCompletion, events: openaiEvents },
  anthropic: { whole: anthropicMessage, events: anthropicEvents },
  responses: { whole: responsesResponse, events: responsesEvents },
};

/** What is read of a request, over any wire. */
interface Asked {
  readonly stream?: unknown;
  readonly messages?: readonly { readonly content?: unknown }[];
  /** The messages of the Responses wire. */
  readonly input?: readonly { readonly content?: unknown }[];
}

const STATUS: { readonly [failure in UpstreamFailure]: number } = {
  auth: 401,
  rate_limit: 429,
  overloaded: 503,
  server: 500,
};

/** Words that vendors use over any of the wires. */
const TYPES: { readonly [failure in UpstreamFailure]: string } = {
  auth: "authentication_error",
  rate_limit: "rate_limit_error",
  overloaded: "overloaded_error",
  server: "api_error",
};

/**
 * Starts a server that answers every POST with the scenario, streamed or whole as it is asked.
 *
 * @example
 * const upstream = await startWireUpstream("openai", scenario);
 * const provider = openaiCompatible({ id: "x", baseURL: `${upstream.url}/v1`, models });
 */
export async function startWireUpstream(wire: WireName, scenario: ProviderScenario): Promise<WireUpstream> {
  let calls = 0;
  let aborted = 0;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      calls++;
      response.on("close", () => {
        if (!response.writableFinished) aborted++;
      });
      const body = JSON.parse(Buffer.concat(parts).toString("utf8") || "{}") as Asked;
      if (scenario.name === "echo") void echo(wire, scenario, body, response, calls);
      else play(wire, scenario, body.stream === true, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls: () => calls,
    aborted: () => aborted,
    close: () => closeServer(server),
  };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** Says what it was told, some answers before earlier ones and streams piece by piece, so that calls cross. */
async function echo(
  wire: WireName,
  scenario: ProviderScenario,
  { messages, input, stream }: Asked,
  response: ServerResponse,
  call: number,
): Promise<void> {
  const said = { ...scenario, text: textOf((input ?? messages)?.at(-1)?.content) };
  await pause(4 * (call % 4));
  if (stream !== true) return play(wire, said, false, response);
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const event of SAYS[wire].events(said)) {
    if (response.destroyed) return;
    response.write(event);
    await pause(1);
  }
  response.end();
}

function play(wire: WireName, scenario: ProviderScenario, streamed: boolean, response: ServerResponse): void {
  if (scenario.name === "hang") return;
  if (scenario.failure !== undefined) {
    const error = { type: TYPES[scenario.failure], message: "refused by the conformance upstream" };
    send(response, STATUS[scenario.failure], wire === "anthropic" ? { type: "error", error } : { error });
    return;
  }
  if (scenario.name !== "endless" && scenario.name !== "cut" && !streamed) {
    send(response, 200, SAYS[wire].whole(scenario));
    return;
  }
  const events = SAYS[wire].events(scenario);
  response.writeHead(200, { "content-type": streamed ? "text/event-stream" : "application/json" });
  if (scenario.name === "cut") {
    response.write(streamed ? events.slice(0, -3).join("") : '{"id": "half an ');
    setTimeout(() => response.destroy(), 10);
  } else if (scenario.name === "endless") goOn(response, streamed ? events : ["  "]);
  else response.end(events.join(""));
}

/** Says the first text event for ever. */
function goOn(response: ServerResponse, events: readonly string[]): void {
  const [head, text] = [events.slice(0, -3), events.at(-4) ?? "  "];
  response.write(head.join(""));
  const timer = setInterval(() => response.write(text), 5);
  response.on("close", () => clearInterval(timer));
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
