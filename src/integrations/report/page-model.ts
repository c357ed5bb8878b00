import type { BreakerState } from "../../contract/events.js";

/** How a chart's numbers are written. */
export type Unit = "ms" | "usd" | "share" | "count" | "perSecond";

/** A chart as the page's script draws it. */
export type Chart = { readonly title: string; readonly note?: string | undefined } & (
  | {
      readonly kind: "time";
      readonly unit: Unit;
      /** Seconds since 1970, or since the start where the wall clock is not known. */
      readonly x: readonly number[];
      readonly wall: boolean;
      readonly series: readonly Series[];
      /** The top of the scale, where it is not the data's. */
      readonly max?: number | undefined;
      /** What happened at single moments. */
      readonly marks: readonly Mark[];
    }
  | {
      readonly kind: "bars";
      readonly unit: Unit;
      readonly categories: readonly string[];
      readonly series: readonly Series[];
      readonly stacked: boolean;
    }
  | {
      readonly kind: "lanes";
      readonly wall: boolean;
      readonly from: number;
      readonly to: number;
      readonly lanes: readonly Lane[];
    }
);

export interface Series {
  readonly label: string;
  readonly values: readonly (number | null)[];
}

/** A moment on the time axis. */
export interface Mark {
  readonly at: number;
  readonly what: "opened" | "closed" | "limit";
  /** In words: which candidate, how many. */
  readonly label: string;
}

/** A breaker's states over time: each holds until the next begins. */
export interface Lane {
  readonly label: string;
  readonly states: readonly { readonly from: number; readonly state: BreakerState }[];
}

export interface Tile {
  readonly label: string;
  readonly value: string;
  readonly note?: string | undefined;
}

export interface Table {
  readonly title: string;
  readonly note?: string | undefined;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface PageModel {
  readonly title: string;
  readonly subtitle: string;
  readonly tiles: readonly Tile[];
  readonly charts: readonly Chart[];
  readonly tables: readonly Table[];
}
