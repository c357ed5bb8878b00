export interface Progress {
  step(done: number, total: number): void;
  /** A line of its own beside the bar. */
  note(text: string): void;
}

const CLEAR = "\r\u001b[2K";

/** A bar that redraws itself on a terminal; a plain line every tenth elsewhere. */
export function createProgress(out: NodeJS.WriteStream, label: string): Progress {
  const began = performance.now();
  let shown = -1;
  return {
    step(done, total) {
      const step = out.isTTY ? done : Math.floor((done / total) * 10);
      if (step === shown) return;
      shown = step;
      const counts = `${label} ${done}/${total}, ${((performance.now() - began) / 1_000).toFixed(0)} s`;
      if (!out.isTTY) {
        out.write(`${counts}\n`);
        return;
      }
      const filled = Math.round((done / total) * 30);
      out.write(`${CLEAR}[${"#".repeat(filled)}${".".repeat(30 - filled)}] ${counts}${done === total ? "\n" : ""}`);
    },
    note: (text) => void out.write(`${out.isTTY ? CLEAR : ""}${text}\n`),
  };
}
