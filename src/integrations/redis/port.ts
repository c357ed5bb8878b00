import { SignalboxError } from "../../errors/signalbox-error.js";

/** A client of node-redis 5 or 6 (or its cluster), or of ioredis 5 (or its cluster): only these members are used. */
export type RedisClient = NodeRedisLike | NodeRedisClusterLike | IoRedisLike;

/** The part of a node-redis client that is used (tests run 5; 6 has the same members by its documentation). Hand in a connected one. */
export interface NodeRedisLike {
  /** Whether it is connected. */
  readonly isReady: boolean;
  /** Sends a command. */
  sendCommand(args: string[]): Promise<unknown>;
  /** Another client of the same settings. */
  duplicate(): unknown;
}

/** The part of a node-redis cluster that is used. */
export interface NodeRedisClusterLike {
  /** The nodes that take writes. */
  readonly masters: readonly unknown[];
  /** Whether it is connected. */
  readonly isOpen: boolean;
  /** Sends a command to the node of its first key. */
  sendCommand(firstKey: string | undefined, isReadonly: boolean | undefined, args: string[]): Promise<unknown>;
  /** Another client of the same settings. */
  duplicate(): unknown;
}

/** The part of an ioredis client that is used; hand in a connected one. */
export interface IoRedisLike {
  /** The state of the connection. */
  readonly status: string;
  /** Sends a command. */
  call(command: string, ...args: string[]): Promise<unknown>;
  /** Another connection of the same settings. */
  duplicate(): unknown;
}

/** What the rest of this door needs of a client. */
export interface Port {
  /** Whether a command sent now would leave at once, not queue up behind a reconnect. */
  ready(): boolean;
  /** @param key the key it concerns, for clusters. */
  command(key: string, args: readonly string[]): Promise<unknown>;
  /** A connection of its own that hears a channel; gives what ends it. */
  listen(channel: string, onMessage: (text: string) => void): Promise<() => Promise<void>>;
}

/** @throws SignalboxError `invalid_options` for anything but such a client, or one that is not connected. */
export function portOf(client: RedisClient): Port {
  const port = recognise(client);
  if (port.ready()) return port;
  throw refused("is not connected; await its connect() first, or wait for its ready event");
}

function recognise(client: RedisClient): Port {
  if (typeof client !== "object" || client === null) throw refused("must be a client of node-redis or ioredis");
  if (has(client, "call") && typeof (client as Partial<IoRedisLike>).status === "string")
    return ioRedis(client as IoRedisLike);
  if (has(client, "sendCommand") && has(client, "duplicate")) {
    if ("masters" in client) return nodeRedisCluster(client as NodeRedisClusterLike);
    if (typeof (client as Partial<NodeRedisLike>).isReady === "boolean") return nodeRedis(client as NodeRedisLike);
  }
  if (has(client, "send_command")) throw refused("is of node-redis 3 or older; 5 and 6 are supported");
  throw refused("must be a client of node-redis 5 or 6, or of ioredis 5");
}

function has(client: object, method: string): boolean {
  return typeof (client as { [name: string]: unknown })[method] === "function";
}

function refused(why: string): SignalboxError {
  return new SignalboxError("invalid_options", `client ${why}`, { path: "client" });
}

interface NodeSubscriber {
  connect(): Promise<unknown>;
  subscribe(channel: string, listener: (text: string) => void): Promise<unknown>;
  on(event: "error", listener: () => void): unknown;
  close?(): Promise<unknown>;
  destroy?(): void;
  disconnect?(): Promise<unknown>;
}

function nodeRedis(client: NodeRedisLike): Port {
  return {
    ready: () => client.isReady,
    command: (_key, args) => client.sendCommand([...args]),
    listen: (channel, onMessage) => listenWith(client.duplicate() as NodeSubscriber, channel, onMessage),
  };
}

function nodeRedisCluster(client: NodeRedisClusterLike): Port {
  return {
    ready: () => client.isOpen,
    command: (key, args) => client.sendCommand(key, false, [...args]),
    listen: (channel, onMessage) => listenWith(client.duplicate() as NodeSubscriber, channel, onMessage),
  };
}

async function listenWith(
  own: NodeSubscriber,
  channel: string,
  onMessage: (text: string) => void,
): Promise<() => Promise<void>> {
  // A connection that breaks mends itself; what it missed comes with the next sync.
  own.on("error", () => {});
  await own.connect();
  await own.subscribe(channel, onMessage);
  return async () => {
    if (own.destroy) own.destroy();
    else await (own.close ?? own.disconnect)?.call(own);
  };
}

interface IoSubscriber {
  on(event: "error", listener: () => void): unknown;
  on(event: "message", listener: (channel: string, text: string) => void): unknown;
  subscribe(channel: string): Promise<unknown>;
  disconnect(): void;
}

function ioRedis(client: IoRedisLike): Port {
  return {
    ready: () => client.status === "ready",
    command: (_key, [command = "", ...args]) => client.call(command, ...args),
    async listen(channel, onMessage) {
      const own = client.duplicate() as IoSubscriber;
      own.on("error", () => {});
      own.on("message", (_channel, text) => onMessage(text));
      await own.subscribe(channel);
      return async () => own.disconnect();
    },
  };
}
