import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

export interface SlowProxy {
  readonly port: number;
  /** Milliseconds that every piece of data waits, each way. */
  delayMs: number;
  close(): void;
}

/** Passes TCP on to a port of this machine, as late as it is told; order is kept. */
export async function startSlowProxy(target: number): Promise<SlowProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(target, "127.0.0.1");
    pass(near, far);
    pass(far, near);
  });
  const pass = (from: Socket, to: Socket): void => {
    sockets.add(from);
    let last = Promise.resolve();
    from.on("data", (piece) => {
      const due = new Promise<void>((resolve) => setTimeout(resolve, proxy.delayMs));
      last = last.then(() => due).then(() => void (to.writable && to.write(piece)));
    });
    from.on("error", () => to.destroy());
    from.on("close", () => {
      sockets.delete(from);
      to.destroy();
    });
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const proxy: SlowProxy = {
    port: typeof address === "object" && address !== null ? address.port : 0,
    delayMs: 0,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
  return proxy;
}
