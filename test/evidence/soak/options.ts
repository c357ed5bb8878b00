/** What the command line says. */
export interface SoakOptions {
  /** Load in all rounds and the warm-up together, seconds; each round then waits until all is quiet. */
  readonly seconds: number;
  /** Callers at once. */
  readonly concurrency: number;
  /** Rounds besides the warm-up. */
  readonly rounds: number;
  readonly seed: number;
}

const DEFAULTS: SoakOptions = { seconds: 60, concurrency: 1_000, rounds: 6, seed: 1 };

/** `--seconds=20 --concurrency=1000 --rounds=6 --seed=1`, each with `=` or a space. */
export function readOptions(args: readonly string[]): SoakOptions {
  const options: { [name: string]: number } = { ...DEFAULTS };
  const words = args.flatMap((arg) => arg.split("="));
  for (let at = 0; at < words.length; at += 2) {
    const name = words[at]?.replace(/^--/, "") ?? "";
    const value = Number(words[at + 1]);
    if (!Object.hasOwn(DEFAULTS, name) || !(value > 0)) throw new Error(`${words[at]}: no such option, or no number`);
    options[name] = value;
  }
  return options as unknown as SoakOptions;
}
