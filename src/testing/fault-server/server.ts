import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { answers } from "./answers.js";
import { CERTIFICATES, type CertificateFault, TEST_KEY } from "./certificates.js";
import { Connection } from "./connection.js";
import type { Fault, RecordedRequest } from "./types.js";

/** Options of {@link createFaultServer}. */
export interface FaultServerOptions {
  /**
   * Speak TLS with this certificate, which no client accepts. Who trusts a `"self_signed"` one (`certificate`, as `ca` or
   * in the file that `NODE_EXTRA_CA_CERTS` names) sees every fault over TLS.
   * @default plain HTTP
   */
  readonly tls?: CertificateFault | undefined;
  /** What follows when the script is used up. @default answers("ok") */
  readonly otherwise?: Fault | undefined;
}

/** A server on 127.0.0.1 that misbehaves as told. */
export interface FaultServer {
  /** Base URL for a provider: `http://127.0.0.1:<port>/v1`, `https` with TLS. */
  readonly url: string;
  /** The port that it listens on, on loopback. */
  readonly port: number;
  /** The certificate it shows, PEM; `undefined` without TLS. */
  readonly certificate: string | undefined;
  /** Adds faults, one per request in the order of arrival. */
  script(...faults: readonly Fault[]): FaultServer;
  /** Sets what follows when the script is used up. */
  otherwise(fault: Fault): FaultServer;
  /** Every request that was read whole, oldest first. */
  readonly requests: readonly RecordedRequest[];
  /** Connections accepted so far. */
  readonly accepted: number;
  /** Connections open now, idle ones that the client keeps included. */
  readonly open: number;
  /** Requests that are being answered now. */
  readonly busy: number;
  /** Resolves when `count` requests have arrived in all. @throws after `withinMs` (real time). @default 5000 */
  received(count: number, withinMs?: number): Promise<void>;
  /** Resolves when nothing is being answered: every request is done, or its connection is closed. @default 5000 */
  idle(withinMs?: number): Promise<void>;
  /** Closes every connection and stops. Clients of this process have seen it then: the port may be given again at once. */
  close(): Promise<void>;
  /** `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a server for tests of clients: real sockets on loopback, every answer scripted.
 *
 * @example
 * const server = await createFaultServer();
 * server.script(resetAfterRequest(), answers("hello"));
 * const provider = openaiCompatible({ id: "test", baseURL: server.url, apiKey: "test-key", models });
 */
export async function createFaultServer(options: FaultServerOptions = {}): Promise<FaultServer> {
  const queue: Fault[] = [];
  const requests: RecordedRequest[] = [];
  const connections = new Set<Connection>();
  const rawSockets = new Map<number | undefined, Socket>();
  let otherwise = options.otherwise ?? answers("ok");
  let accepted = 0;
  let busy = 0;

  const answer = async (connection: Connection, fault: Fault, request: RecordedRequest | undefined): Promise<void> => {
    busy++;
    try {
      await fault.run(connection.exchange(request));
    } finally {
      busy--;
    }
  };

  const onSocket = (socket: Socket): void => {
    const raw = rawSockets.get(socket.remotePort) ?? socket;
    socket.setNoDelay(true);
    const connection = new Connection(accepted++, socket, raw, {
      onRequest: async (from, read) => {
        const request = { ...read, index: requests.length, connection: from.number };
        requests.push(request);
        await answer(from, queue.shift() ?? otherwise, request).catch(() => from.reset());
      },
    });
    connections.add(connection);
    socket.on("close", () => {
      connections.delete(connection);
      rawSockets.delete(socket.remotePort);
    });
    if (queue[0]?.on === "connection")
      answer(connection, queue.shift() as Fault, undefined).catch(() => connection.reset());
  };

  const server = listenWith(options.tls, onSocket, rawSockets);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const self: FaultServer = {
    url: `${options.tls === undefined ? "http" : "https"}://127.0.0.1:${port}/v1`,
    port,
    certificate: options.tls && CERTIFICATES[options.tls],
    script(...faults) {
      queue.push(...faults);
      return self;
    },
    otherwise(fault) {
      otherwise = fault;
      return self;
    },
    requests,
    get accepted() {
      return accepted;
    },
    get open() {
      return connections.size;
    },
    get busy() {
      return busy;
    },
    received: (count, withinMs) => until(() => requests.length >= count, `${count} requests`, withinMs),
    idle: (withinMs) => until(() => busy === 0, "an idle server", withinMs),
    async close() {
      await new Promise((resolve) => {
        server.close(resolve);
        for (const connection of connections) connection.reset();
        for (const raw of rawSockets.values()) raw.destroy();
      });
      await wholeTurn();
    },
    [Symbol.asyncDispose]: () => self.close(),
  };
  return self;
}

function listenWith(
  tls: CertificateFault | undefined,
  onSocket: (socket: Socket) => void,
  raw: Map<unknown, Socket>,
): Server {
  if (tls === undefined) return createServer(onSocket);
  const server = createTlsServer({ key: TEST_KEY, cert: CERTIFICATES[tls] }, onSocket);
  server.on("connection", (socket: Socket) => {
    raw.set(socket.remotePort, socket);
    socket.on("close", () => raw.delete(socket.remotePort));
  });
  server.on("tlsClientError", () => {});
  return server;
}

/** One turn of the event loop, polling for sockets included: from check phase to check phase. */
async function wholeTurn(): Promise<void> {
  for (let n = 0; n < 2; n++) await new Promise((resolve) => setImmediate(resolve));
}

async function until(isSo: () => boolean, what: string, withinMs = 5_000): Promise<void> {
  const endsAt = performance.now() + withinMs;
  while (!isSo()) {
    if (performance.now() > endsAt) throw new Error(`fault server: waited ${withinMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
