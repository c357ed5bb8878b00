/** A bar that redraws itself on a terminal; a plain line every tenth elsewhere. */
export function createProgress(out: NodeJS.WriteStream, label: string): (done: number, total: number) => void {
  const began = performance.now();
  let shown = -1;
  return (done, total) => {
    const step = out.isTTY ? done : Math.floor((done / total) * 10);
    if (step === shown) return;
    shown = step;
    const seconds = ((performance.now() - began) / 1_000).toFixed(0);
    const counts = `${label} ${done}/${total}, ${seconds} s`;
    if (!out.isTTY) {
      out.write(`${counts}\n`);
      return;
    }
    const width = 30;
    const filled = Math.round((done / total) * width);
    out.write(`\r\u001b[2K[${"#".repeat(filled)}${".".repeat(width - filled)}] ${counts}${done === total ? "\n" : ""}`);
  };
}
