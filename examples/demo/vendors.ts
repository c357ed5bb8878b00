import { glm, kimi, minimax, type Provider } from "signalbox";
import { type StandIn, startStandIn } from "./stand-in.js";
import { glmWire, kimiWire, minimaxWire } from "./wires.js";

/** Providers to route between, and how to let go of what stands behind them. */
export interface Vendors {
  readonly providers: readonly Provider[];
  /** Takes the vendor that this run loses down, or brings it back. Does nothing to real vendors. */
  outage(down: boolean): void;
  close(): Promise<void>;
}

/** The variables that open the real vendors. */
export const KEYS = ["MINIMAX_API_KEY", "ZAI_API_KEY", "MOONSHOT_API_KEY"] as const;

/** The real thing, for whichever keys are set. */
export function realVendors(): Vendors {
  return { providers: [minimax(), glm(), kimi()], outage: () => {}, close: async () => {} };
}

/** Three servers on loopback, and the library's own adapters pointed at them. */
export async function simulatedVendors(seed: number): Promise<Vendors> {
  const servers: StandIn[] = [
    await startStandIn({ wire: minimaxWire, seed, firstTokenMs: [60, 300], tokensPerSecond: 500, failureRate: 0.02 }),
    await startStandIn({
      wire: glmWire,
      seed: seed + 1,
      firstTokenMs: [40, 250],
      tokensPerSecond: 700,
      failureRate: 0.03,
    }),
    await startStandIn({
      wire: kimiWire,
      seed: seed + 2,
      firstTokenMs: [30, 180],
      tokensPerSecond: 900,
      failureRate: 0.02,
    }),
  ];
  const [first, second, third] = servers as [StandIn, StandIn, StandIn];
  return {
    providers: [
      minimax({ apiKey: "simulated", baseURL: first.baseURL }),
      glm({ apiKey: "simulated", baseURL: second.baseURL }),
      kimi({ apiKey: "simulated", baseURL: third.baseURL }),
    ],
    outage: (down) => {
      first.down = down;
    },
    close: async () => {
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}
