import { createRouter } from "signalbox";
import { FAULTS, startServers } from "../failover-servers.js";
import type { Row, Section } from "../row.js";
import { bareChat, messagesOf, PROMPT, providerOf } from "../stub.js";

const CLIENTS = 7;
const HANG_MS = 300;

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

async function timed(run: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await run();
  return performance.now() - began;
}

/** A fetch that gives up, as one would write it by hand. */
const patient: typeof fetch = (url, init) => {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), HANG_MS);
  return fetch(url, { ...init, signal: controller.signal }).finally(() => clearTimeout(timer));
};

/** A bad first provider and a good second one over real sockets: how long until the good answer. */
export async function failover(): Promise<Section> {
  const servers = await startServers();
  const rows: Row[] = [];
  await bareChat(fetch, PROMPT, servers.good);
  for (const name of FAULTS) {
    const url = servers.bad[name];
    const hang = name === "hang";
    const first: number[] = [];
    const later: number[] = [];
    const loop: number[] = [];
    let most = 0;
    for (let client = 0; client < CLIENTS; client += 1) {
      const router = createRouter({
        providers: [providerOf("bad", fetch, url), providerOf("good", fetch, servers.good)],
        strategy: "ordered",
        ...(hang ? { timeouts: { headersMs: HANG_MS } } : {}),
      });
      const before = await servers.hung();
      const chat = (): Promise<unknown> => router.chat({ messages: messagesOf(PROMPT) });
      first.push(await timed(chat));
      for (let call = 1; call < 10; call += 1) later.push(await timed(chat));
      most = Math.max(most, (await servers.hung()) - before);
      await router.close();
      const ask = hang ? patient : fetch;
      loop.push(await timed(() => bareChat(ask, PROMPT, url).catch(() => bareChat(fetch, PROMPT, servers.good))));
    }
    rows.push(
      hang
        ? {
            what: `hang, ${HANG_MS} ms budget, first call`,
            value: median(first),
            unit: "ms",
            bare: median(loop),
            target: HANG_MS + 3,
          }
        : { what: `${name}, first call`, value: median(first), unit: "ms", bare: median(loop), target: 5 },
      { what: `${name}, later calls`, value: median(later), unit: "ms", target: hang ? 3 : undefined },
    );
    if (hang) rows.push({ what: "hang, calls to the bad one in ten", value: most, unit: "calls", target: 2 });
  }
  servers.stop();
  return {
    name: "failover",
    about: `median of ${CLIENTS} fresh routers, default settings; bare is try, catch, try the other; servers in a process of their own`,
    rows,
  };
}
