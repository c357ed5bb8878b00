import { glm, kimi, minimax, type Provider } from "signalbox";
import { type StandIn, startStandIn } from "./stand-in.js";
import { glmWire, kimiWire, minimaxWire } from "./wires.js";

/** Providers to route between, and how to let go of what stands behind them. */
export interface Vendors {
  readonly providers: readonly Provider[];
  readonly real: boolean;
  /** The id of the vendor that the built-in run loses. */
  readonly failing: string;
  /** Takes that vendor down, or brings it back. Does nothing to real vendors. */
  outage(down: boolean): void;
  close(): Promise<void>;
}

/** The variables that open the real vendors. */
export const KEYS = ["MINIMAX_API_KEY", "ZAI_API_KEY", "MOONSHOT_API_KEY"] as const;

/** The real thing, for whichever keys are set. */
export function realVendors(): Vendors {
  return { providers: [minimax(), glm(), kimi()], real: true, failing: "", outage: () => {}, close: async () => {} };
}

/** Three servers on loopback, and the library's own adapters pointed at them. */
export async function simulatedVendors(seed: number): Promise<Vendors> {
  const servers: StandIn[] = [
    await startStandIn({ wire: minimaxWire, seed, firstTokenMs: [60, 400], tokensPerSecond: 400, failureRate: 0.01 }),
    await startStandIn({
      wire: glmWire,
      seed: seed + 1,
      firstTokenMs: [40, 250],
      tokensPerSecond: 700,
      failureRate: 0.01,
    }),
    await startStandIn({
      wire: kimiWire,
      seed: seed + 2,
      firstTokenMs: [30, 180],
      tokensPerSecond: 900,
      failureRate: 0.01,
    }),
  ];
  const [first, second, third] = servers as [StandIn, StandIn, StandIn];
  return {
    providers: [
      minimax({ apiKey: "simulated", baseURL: first.baseURL }),
      glm({ apiKey: "simulated", baseURL: second.baseURL }),
      kimi({ apiKey: "simulated", baseURL: third.baseURL }),
    ],
    real: false,
    failing: "glm",
    outage: (down) => {
      second.down = down;
    },
    close: async () => {
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}
