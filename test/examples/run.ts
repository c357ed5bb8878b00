import { vi } from "vitest";

/** Runs a program of `examples/` in this process and gives back what it printed. */
export async function printedBy(example: string): Promise<string> {
  const printed: string[] = [];
  const keep = (...words: unknown[]): void => {
    printed.push(`${words.map((word) => (typeof word === "string" ? word : JSON.stringify(word))).join(" ")}\n`);
  };
  const log = vi.spyOn(console, "log").mockImplementation(keep);
  const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed.push(String(text));
    return true;
  });
  try {
    await import(`../../examples/${example}.ts`);
  } finally {
    log.mockRestore();
    write.mockRestore();
  }
  return printed.join("");
}
