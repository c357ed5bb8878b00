import type { CallOptions } from "../contract/call-options.js";
import type { Assignment } from "../contract/records.js";

/** Options of a call that takes part in an experiment. */
const ASSIGNED = Symbol("assigned");

/** Of a feature that compares arms: what it has measured so far. */
export const FINDINGS = Symbol("findings");

/** The options, marked with the arm that they come from. */
export function assigned(options: CallOptions, assignment: Assignment): CallOptions {
  return Object.assign({ ...options }, { [ASSIGNED]: assignment });
}

/** Which arm of which experiment a call's options come from; `undefined` if it takes part in none. */
export function assignmentOf(options: CallOptions): Assignment | undefined {
  return (options as { readonly [ASSIGNED]?: Assignment })[ASSIGNED];
}
