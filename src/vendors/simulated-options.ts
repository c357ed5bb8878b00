import type { ModelInfo, Price, Provider } from "../contract/provider.js";
import type { PhaseTimeouts } from "../contract/timeouts.js";
import type { Clock } from "../core/clock.js";
import type { Random } from "../core/random.js";
import type { FailuresOption, ReplyOption } from "./simulated-script.js";

/** Options of `simulated`. */
export interface SimulatedOptions {
  /** Unique in a router. @default "simulated" */
  readonly id?: string | undefined;
  /** Ids or facts. @default one model, `"<id>-1"`, that can do everything */
  readonly models?: readonly (string | ModelInfo)[] | undefined;
  /** The models that `"auto"` may choose. @default every model */
  readonly autoModels?: readonly string[] | undefined;
  /** What it says. @default "This is a simulated answer." */
  readonly reply?: ReplyOption | undefined;
  /** Milliseconds before the response head. @default 0 */
  readonly delayMs?: number | ((callIndex: number, random: Random) => number) | undefined;
  /** Milliseconds from the call to the first token. @default `delayMs` */
  readonly ttftMs?: number | ((callIndex: number, random: Random) => number) | undefined;
  /** Tokens written per second after the first; whole answers wait as long. @default unlimited */
  readonly tokensPerSecond?: number | undefined;
  /** Which calls fail, and how. @default none */
  readonly failures?: FailuresOption | undefined;
  /** Dollars per million tokens of the models given by id alone. @default 0 */
  readonly usdPerMTok?: Price | null | undefined;
  /** What its prefix cache keeps, as routers see it. @default none */
  readonly prefixCache?: Provider["prefixCache"];
  /** Labels of all its models, for `requireTags` of a call. @default none */
  readonly tags?: readonly string[] | undefined;
  /** How long each phase of a call may take; over the router's. @default as the router was told */
  readonly timeouts?: PhaseTimeouts | undefined;
  /** Numbers in [0, 1) for rates and jitter. @default Math.random */
  readonly random?: Random | undefined;
  /** The clock that measures delays. @default the system clock */
  readonly clock?: Clock | undefined;
}
