/**
 * What `read` makes of a command's words and files. Where it throws (a misspelt option, a file that cannot be read),
 * the command ends with that in one line, and its usage.
 */
export function orUsage<T>(usage: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}\n`);
    return process.exit(2);
  }
}
