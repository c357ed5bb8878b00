/** A file given on the command line. */
export interface InputFile {
  /** Its name without folder and endings. */
  readonly name: string;
  readonly text: string;
}

/** One curve of a plot: hit ratio by capacity. */
export interface Curve {
  readonly label: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Plot {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly curves: readonly Curve[];
}

/** Where a kind of report writes, and what it is told. */
export interface ReportContext {
  /** Shares of what is unique in a trace, 0..1. */
  readonly capacities: readonly number[];
  print(line?: string): void;
  /** Shown on a terminal while it lasts. */
  progress(what: string): void;
  plot(plot: Plot): void;
  /** Lines for the end of the whole report, over all files. */
  remember(topic: string, entry: readonly number[]): void;
}

/** One way to report on a file; a file may be of several kinds. */
export interface ReportKind {
  readonly name: string;
  /** What the file must look like, for the usage text. */
  readonly takes: string;
  matches(file: InputFile): boolean;
  run(file: InputFile, context: ReportContext): Promise<void>;
}
