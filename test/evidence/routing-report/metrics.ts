/** A point of a routing curve: share of strong calls, and accuracy. */
export type Point = readonly [share: number, accuracy: number];

export interface Curve {
  readonly points: readonly Point[];
  readonly weak: number;
  readonly strong: number;
}

/** RouteLLM's curve: thresholds at the deciles of the score give eleven points. */
export function thresholdCurve(scores: readonly number[], weak: readonly number[], strong: readonly number[]): Curve {
  const count = scores.length;
  const order = scores.map((_, index) => index).sort((a, b) => scores[b]! - scores[a]!);
  const weakAccuracy = weak.reduce((sum, right) => sum + right, 0) / count;
  const strongAccuracy = strong.reduce((sum, right) => sum + right, 0) / count;
  const points: Point[] = [];
  let right = weakAccuracy * count;
  let taken = 0;
  for (let decile = 0; decile <= 10; decile += 1) {
    for (const upTo = Math.round((count * decile) / 10); taken < upTo; taken += 1) {
      right += strong[order[taken]!]! - weak[order[taken]!]!;
    }
    points.push([taken / count, right / count]);
  }
  return { points, weak: weakAccuracy, strong: strongAccuracy };
}

/** Share of the gap between always weak and always strong, averaged over all shares of strong calls; random is 0.5. */
export function apgr({ points, weak, strong }: Curve): number {
  let area = 0;
  for (let index = 1; index < points.length; index += 1) {
    const [x0, y0] = points[index - 1]!;
    const [x1, y1] = points[index]!;
    area += ((x1 - x0) * (y0 + y1)) / 2;
  }
  return (area - weak) / (strong - weak);
}

/** Share of strong calls at which `part` of the gap is closed, by linear interpolation; 1 where it never is. */
export function cpt({ points, weak, strong }: Curve, part: number): number {
  const wanted = weak + part * (strong - weak);
  for (let index = 1; index < points.length; index += 1) {
    const [x0, y0] = points[index - 1]!;
    const [x1, y1] = points[index]!;
    if (y1 >= wanted && y1 > y0) return x0 + ((x1 - x0) * Math.max(0, wanted - y0)) / (y1 - y0);
  }
  return 1;
}
