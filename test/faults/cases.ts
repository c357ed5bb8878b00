import type { FaultCase } from "./case.js";
import { ANSWER_CASES } from "./cases-answers.js";
import { BOUND_CASES } from "./cases-bounds.js";
import { CALLER_CASES } from "./cases-callers.js";
import { CONNECT_CASES } from "./cases-connect.js";
import { CUT_CASES } from "./cases-cuts.js";
import { LIMIT_CASES } from "./cases-limits.js";
import { OPTION_CASES } from "./cases-options.js";
import { SCOPE_CASES } from "./cases-scope.js";
import { SHARED_CASES } from "./cases-shared.js";
import { TIME_CASES } from "./cases-time.js";
import { TOOL_CASES } from "./cases-tools.js";

/** Every numbered fault, in order. */
export const FAULT_CASES: readonly FaultCase[] = [
  ...CONNECT_CASES,
  ...CUT_CASES,
  ...ANSWER_CASES,
  ...LIMIT_CASES,
  ...TOOL_CASES,
  ...CALLER_CASES,
  ...TIME_CASES,
  ...SCOPE_CASES,
  ...SHARED_CASES,
  ...OPTION_CASES,
  ...BOUND_CASES,
].sort((one, other) => one.number - other.number);
