/**
 * What Node offers beyond the web platform. Browsers and edge runtimes lack some of it, and some of them throw when
 * code asks for it, so each question is asked inside {@link ask}. Nothing here needs a `node:` module at load.
 */
interface NodeGlobals {
  readonly process?: {
    readonly env?: Environment;
    readonly getBuiltinModule?: (name: string) => unknown;
    readonly memoryUsage?: () => { readonly heapUsed: number };
  };
  readonly setImmediate?: (callback: () => void) => unknown;
  readonly Buffer?: typeof Buffer;
}

/** Environment variables by name. */
export type Environment = { readonly [name: string]: string | undefined };

const globals = globalThis as NodeGlobals;

/** Node's `crypto` where the platform has it. `hash`, its one-shot form, is newer than the module. */
export const nodeCrypto = ask(() => globals.process?.getBuiltinModule?.("node:crypto")) as
  | (Pick<typeof import("node:crypto"), "createHash"> & {
      readonly hash?: (algorithm: string, data: string, encoding: "base64url") => string;
    })
  | undefined;

/** Node's `Buffer` where the platform has it: its conversions are several times faster than those of the web. */
export const NodeBuffer = ask(() => globals.Buffer);

/** Node's `setImmediate` where the platform has it. */
export const immediate = ask(() => globals.setImmediate);

/** One environment variable; `undefined` if it is not set, or if the program may not read it. */
export function environmentVariable(name: string): string | undefined {
  return ask(() => globals.process?.env?.[name]);
}

/** Heap in use, bytes; 0 where the platform does not tell. */
export function heapUsedBytes(): number {
  return ask(() => globals.process?.memoryUsage?.().heapUsed) ?? 0;
}

function ask<T>(question: () => T): T | undefined {
  try {
    return question();
  } catch {
    return undefined;
  }
}
