import { fromBase64, toBase64Url } from "../../core/bytes.js";
import { Arm } from "./arm.js";
import { EvidenceTable } from "./evidence-table.js";
import { DENSE, FEATURE_SLOTS } from "./features.js";
import { ARM_PRECISION, GatedResidual, SHARED_PRECISION } from "./gated-residual.js";
import { Residual } from "./residual.js";

type Sums = readonly [labels: number, good: number, expected: number, tick: number];

interface WordsState {
  readonly labels: number;
  readonly gain: number;
  readonly dense: readonly number[];
  /** Slot (2 bytes), mean and variance (4 bytes each) of every weight that was touched, base64url. */
  readonly weights: string;
}

interface ArmState {
  readonly id: string;
  readonly slow: Sums;
  readonly fast: Sums;
  readonly kinds: readonly (readonly [kind: string, sums: Sums])[];
  readonly form: readonly [invalid: number, checked: number];
  readonly words?: WordsState;
}

/** Everything learned, as plain JSON with a version. */
export interface LearnerState {
  readonly learner: 1;
  readonly tick: number;
  readonly words: WordsState;
  readonly arms: readonly ArmState[];
}

export function writeState(arms: ReadonlyMap<string, Arm>, words: GatedResidual, tick: number): LearnerState {
  return { learner: 1, tick, words: writeWords(words), arms: [...arms].map(([id, arm]) => writeArm(id, arm)) };
}

/** What a state holds, or what is wrong with it. */
export function readState(
  state: unknown,
  maxArms: number,
): { arms: Map<string, Arm>; words: GatedResidual; tick: number } | string {
  if (typeof state !== "object" || state === null) return "it is no object";
  const { learner, tick, words, arms } = state as Partial<LearnerState>;
  if (learner !== 1) return `its version is ${String(learner)}, not 1`;
  if (!isCount(tick) || !Array.isArray(arms)) return "it lacks its tick or its arms";
  const shared = readWords(words, SHARED_PRECISION);
  if (shared === null) return "its words are damaged";
  const read = new Map<string, Arm>();
  for (const entry of arms.slice(0, maxArms) as readonly unknown[]) {
    const arm = readArm(entry, tick);
    if (arm === null) return "one of its arms is damaged";
    read.set((entry as ArmState).id, arm);
  }
  return { arms: read, words: shared, tick };
}

function writeArm(id: string, { slow, fast, kinds, invalid, checked, words }: Arm): ArmState {
  return {
    id,
    slow: sumsOf(slow),
    fast: sumsOf(fast),
    kinds: [...kinds].map(([kind, table]) => [kind, sumsOf(table)] as const),
    form: [round(invalid), round(checked)],
    ...(words === undefined ? {} : { words: writeWords(words) }),
  };
}

function writeWords({ residual, labels, gain }: GatedResidual): WordsState {
  const dense = [...residual.denseMean, ...residual.denseVariance].map(round);
  return { labels, gain: round(gain), dense, weights: packWeights(residual) };
}

function readWords(state: unknown, precision: number): GatedResidual | null {
  if (typeof state !== "object" || state === null) return null;
  const { labels, gain, dense, weights } = state as Partial<WordsState>;
  if (!isCount(labels) || !isNumber(gain) || !areNumbers(dense, 2 * DENSE) || typeof weights !== "string") return null;
  const residual = new Residual(precision);
  for (let index = 0; index < DENSE; index += 1) {
    residual.denseMean[index] = dense[index]!;
    residual.denseVariance[index] = Math.min(1 / precision, Math.max(1e-9, dense[DENSE + index]!));
  }
  return unpackWeights(weights, residual) ? new GatedResidual(residual, labels, gain) : null;
}

function readArm(entry: unknown, tick: number): Arm | null {
  if (typeof entry !== "object" || entry === null) return null;
  const { id, slow, fast, kinds, form, words } = entry as Partial<ArmState>;
  const arm = new Arm(tick);
  if (typeof id !== "string" || !Array.isArray(kinds) || !isSums(slow, tick) || !isSums(fast, tick)) return null;
  Object.assign(arm.slow, tableOf(slow));
  Object.assign(arm.fast, tableOf(fast));
  for (const pair of kinds as readonly unknown[]) {
    if (!Array.isArray(pair) || typeof pair[0] !== "string" || !isSums(pair[1], tick)) return null;
    arm.kinds.set(pair[0], tableOf(pair[1]));
  }
  if (!areNumbers(form, 2)) return null;
  arm.invalid = Math.max(0, form[0]!);
  arm.checked = Math.max(arm.invalid, form[1]!);
  if (words === undefined) return arm;
  const restored = readWords(words, ARM_PRECISION);
  if (restored === null) return null;
  arm.words = restored;
  return arm;
}

function packWeights({ mean, variance }: Residual): string {
  const slots: number[] = [];
  // A weight that was never touched has mean 0 exactly.
  for (let slot = 0; slot < FEATURE_SLOTS; slot += 1) if (mean[slot] !== 0) slots.push(slot);
  const bytes = new Uint8Array(slots.length * 10);
  const view = new DataView(bytes.buffer);
  for (const [index, slot] of slots.entries()) {
    view.setUint16(index * 10, slot, true);
    view.setFloat32(index * 10 + 2, mean[slot]!, true);
    view.setFloat32(index * 10 + 6, variance[slot]!, true);
  }
  return toBase64Url(bytes);
}

function unpackWeights(text: string, { mean, variance }: Residual): boolean {
  const bytes = fromBase64(text);
  if (bytes.length % 10 !== 0 || bytes.length > FEATURE_SLOTS * 10) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; at += 10) {
    const slot = view.getUint16(at, true);
    mean[slot] = view.getFloat32(at + 2, true);
    variance[slot] = view.getFloat32(at + 6, true);
    if (slot >= FEATURE_SLOTS || !Number.isFinite(mean[slot]) || !(variance[slot]! > 0 && variance[slot]! <= 1))
      return false;
  }
  return true;
}

function sumsOf({ labels, good, expected, tick }: EvidenceTable): Sums {
  return [round(labels), round(good), round(expected), tick];
}

function tableOf([labels, good, expected, tick]: Sums): EvidenceTable {
  return new EvidenceTable(tick, labels, Math.min(good, labels), Math.min(expected, labels));
}

function isSums(value: unknown, tick: number): value is Sums {
  return areNumbers(value, 4) && value.every((sum) => sum >= 0) && value[3]! <= tick;
}

function areNumbers(value: unknown, length: number): value is number[] {
  return Array.isArray(value) && value.length === length && value.every(isNumber);
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}

function round(value: number): number {
  return Number(value.toPrecision(7));
}
