/** What goes wrong in this process behind everybody's back. */
export interface ProcessWatch {
  readonly rejections: readonly string[];
  readonly warnings: readonly string[];
}

export function watchProcess(): ProcessWatch {
  const rejections: string[] = [];
  const warnings: string[] = [];
  process.on("unhandledRejection", (reason) => {
    rejections.push(String(reason instanceof Error ? reason.stack : reason));
  });
  process.on("warning", ({ name, message }) => {
    warnings.push(`${name}: ${message}`);
  });
  return { rejections, warnings };
}
