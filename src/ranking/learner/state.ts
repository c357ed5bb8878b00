import { Arm } from "./arm.js";
import { EvidenceTable } from "./evidence-table.js";
import { DENSE, FEATURE_SLOTS } from "./features.js";
import { Residual } from "./residual.js";

type Sums = readonly [labels: number, good: number, expected: number, tick: number];

interface ArmState {
  readonly id: string;
  readonly total: Sums;
  readonly kinds: readonly (readonly [kind: string, sums: Sums])[];
  readonly fast: readonly [offset: number, tick: number];
  readonly form: readonly [invalid: number, checked: number];
  readonly residual?: {
    readonly featured: number;
    readonly gain: number;
    readonly dense: readonly number[];
    /** Slots (2 bytes), means and variances (4 bytes each) of the weights that were touched, base64url. */
    readonly weights: string;
  };
}

/** Everything learned, as plain JSON with a version. */
export interface LearnerState {
  readonly learner: 1;
  readonly tick: number;
  readonly arms: readonly ArmState[];
}

export function writeState(arms: ReadonlyMap<string, Arm>, tick: number): LearnerState {
  return { learner: 1, tick, arms: [...arms].map(([id, arm]) => writeArm(id, arm)) };
}

/** The arms of a state, or what is wrong with it. */
export function readState(state: unknown, maxArms: number): { arms: Map<string, Arm>; tick: number } | string {
  if (typeof state !== "object" || state === null) return "it is no object";
  const { learner, tick, arms } = state as Partial<LearnerState>;
  if (learner !== 1) return `its version is ${String(learner)}, not 1`;
  if (!isCount(tick) || !Array.isArray(arms)) return "it lacks its tick or its arms";
  const read = new Map<string, Arm>();
  for (const entry of arms.slice(0, maxArms) as readonly unknown[]) {
    const arm = readArm(entry, tick);
    if (arm === null) return "one of its arms is damaged";
    read.set((entry as ArmState).id, arm);
  }
  return { arms: read, tick };
}

function writeArm(id: string, arm: Arm): ArmState {
  const { total, kinds, fast, fastTick, invalid, checked, residual, featured, gain } = arm;
  return {
    id,
    total: sumsOf(total),
    kinds: [...kinds].map(([kind, table]) => [kind, sumsOf(table)] as const),
    fast: [round(fast), fastTick],
    form: [round(invalid), round(checked)],
    ...(residual === undefined
      ? {}
      : {
          residual: {
            featured,
            gain: round(gain),
            dense: [...residual.denseMean, ...residual.denseVariance].map(round),
            weights: packWeights(residual),
          },
        }),
  };
}

function readArm(entry: unknown, tick: number): Arm | null {
  if (typeof entry !== "object" || entry === null) return null;
  const { id, total, kinds, fast, form, residual } = entry as Partial<ArmState>;
  const arm = new Arm(tick);
  if (typeof id !== "string" || !Array.isArray(kinds) || !isSums(total, tick)) return null;
  Object.assign(arm.total, tableOf(total));
  for (const pair of kinds as readonly unknown[]) {
    if (!Array.isArray(pair) || typeof pair[0] !== "string" || !isSums(pair[1], tick)) return null;
    arm.kinds.set(pair[0], tableOf(pair[1]));
  }
  if (!areNumbers(fast, 2) || !areNumbers(form, 2) || fast[1]! > tick) return null;
  arm.fast = Math.max(-2, Math.min(2, fast[0]!));
  arm.fastTick = fast[1]!;
  arm.invalid = Math.max(0, form[0]!);
  arm.checked = Math.max(arm.invalid, form[1]!);
  if (residual === undefined) return arm;
  const { featured, gain, dense, weights } = residual;
  if (!isCount(featured) || !Number.isFinite(gain) || !areNumbers(dense, 2 * DENSE) || typeof weights !== "string")
    return null;
  const restored = unpackWeights(weights);
  if (restored === null) return null;
  for (let index = 0; index < DENSE; index += 1) {
    restored.denseMean[index] = dense[index]!;
    restored.denseVariance[index] = Math.min(1, Math.max(1e-9, dense[DENSE + index]!));
  }
  arm.residual = restored;
  arm.featured = featured;
  arm.gain = gain;
  return arm;
}

function packWeights({ mean, variance }: Residual): string {
  const untouched = variance[0] === undefined ? 0 : new Residual().variance[0]!;
  const slots: number[] = [];
  for (let slot = 0; slot < FEATURE_SLOTS; slot += 1) if (variance[slot] !== untouched) slots.push(slot);
  const bytes = Buffer.alloc(slots.length * 10);
  for (const [index, slot] of slots.entries()) {
    bytes.writeUInt16LE(slot, index * 10);
    bytes.writeFloatLE(mean[slot]!, index * 10 + 2);
    bytes.writeFloatLE(variance[slot]!, index * 10 + 6);
  }
  return bytes.toString("base64url");
}

function unpackWeights(text: string): Residual | null {
  const bytes = Buffer.from(text, "base64url");
  if (bytes.length % 10 !== 0 || bytes.length > FEATURE_SLOTS * 10) return null;
  const residual = new Residual();
  for (let at = 0; at < bytes.length; at += 10) {
    const slot = bytes.readUInt16LE(at);
    const mean = bytes.readFloatLE(at + 2);
    const variance = bytes.readFloatLE(at + 6);
    if (slot >= FEATURE_SLOTS || !Number.isFinite(mean) || !(variance > 0 && variance <= 1)) return null;
    residual.mean[slot] = mean;
    residual.variance[slot] = variance;
  }
  return residual;
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
  return Array.isArray(value) && value.length === length && value.every((entry) => Number.isFinite(entry));
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}

function round(value: number): number {
  return Number(value.toPrecision(7));
}
