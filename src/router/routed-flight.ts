import type { Answer } from "../engine/attempt-chat.js";
import type { Call } from "../engine/call.js";
import type { Flight } from "../engine/flight.js";
import type { StreamFlight } from "../engine/stream/stream-flight.js";
import type { CallQueue } from "./call-queue.js";

/** A flight of this router's. */
export interface RoutedFlight extends Flight<Answer> {
  readonly call: Call;
  /** Says why its candidate was chosen. */
  readonly queue: CallQueue;
  readonly stream: StreamFlight | undefined;
  /** What `answer` settled with; `undefined` before. */
  settled: Answer | undefined;
  /** How many of the calls are in somebody's record. */
  booked: number;
}
