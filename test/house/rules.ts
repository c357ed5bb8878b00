import type { Arrow } from "./sources.js";

/** The floors, lowest first; a room imports from floors below its own and never from a sibling. */
const FLOORS: readonly (readonly string[])[] = [
  ["core"],
  ["chat", "errors"],
  ["contract"],
  ["serve"],
  ["wire", "memory", "resilience", "metrics", "pricing", "spend"],
  ["vendors", "strategies"],
  ["engine"],
  ["router"],
  ["features"],
  ["preset"],
  ["integrations", "testing"],
];

/** Rooms on the ground: what the doors may take at run time, so that two copies of a class never meet. */
const GROUND = new Set(["core", "chat", "errors", "contract", "serve"]);

/** What `src` may load at run time outside the doors. The hashes serve platforms without `node:crypto`. */
const LIBRARIES = new Set(["eventemitter3", "quick-lru", "p-retry", "zod/mini", "@noble/hashes/sha2.js"]);

const floorOf = (room: string): number => FLOORS.findIndex((floor) => floor.includes(room));

/** Public faces: entries of the package that re-export what stands in the rooms. */
export const FACES: ReadonlySet<string> = new Set(["index.ts", "lean.ts", "vendors.ts"]);

/** The room a file stands in: `wire` for `src/wire/sse.ts`, the file itself for a public face. */
export const roomOf = (path: string): string => path.split("/")[1] ?? "";

/** What is wrong with an arrow, or `null`. */
export function complaintAbout(arrow: Arrow): string | null {
  const room = roomOf(arrow.from);
  const told = `${arrow.from} -> ${arrow.specifier}`;
  if (FACES.has(room)) return arrow.to === null ? `${told}: the public face re-exports its own rooms only` : null;
  if (floorOf(room) < 0) return `${told}: the room ${room} has no floor`;
  if (arrow.to === null) return complaintAboutPackage(arrow, room, told);
  if (!arrow.to.startsWith("src/")) return `${told}: leaves src`;
  const target = roomOf(arrow.to);
  const up = FLOORS.length - 1;
  if (floorOf(room) === up) {
    const same = arrow.to
      .split("/")
      .slice(0, room === "integrations" ? 3 : 2)
      .join("/");
    if (arrow.from.startsWith(`${same}/`)) return null;
    if (FACES.has(target) || floorOf(target) === up) return `${told}: a door imports no other door`;
    return arrow.typeOnly || GROUND.has(target) ? null : `${told}: a door takes only types from above the ground`;
  }
  if (room === "features" && target === room) return `${told}: no feature imports another`;
  if (target === room) return null;
  if (FACES.has(target)) return `${told}: nothing imports the public face`;
  if (floorOf(target) < 0) return `${told}: the room ${target} has no floor`;
  if (floorOf(target) > floorOf(room)) return `${told}: runs up`;
  if (floorOf(target) === floorOf(room)) return `${told}: runs sideways`;
  if (room === "contract" && !arrow.typeOnly) return `${told}: contract holds types alone`;
  return null;
}

function complaintAboutPackage(arrow: Arrow, room: string, told: string): string | null {
  if (LIBRARIES.has(arrow.specifier)) return null;
  if (arrow.specifier.startsWith("node:")) {
    const onNode = room === "testing" || arrow.from.startsWith("src/integrations/undici/");
    return onNode || arrow.typeOnly ? null : `${told}: edge runtimes and browsers have no node: modules`;
  }
  if (floorOf(room) === FLOORS.length - 1) return null; // tidy.test.ts holds doors to declared packages
  return `${told}: a package the core may not need`;
}

/** A closed walk along arrows between files, as a list of files, or `null` where there is none. */
export function findCircle(arrows: readonly Arrow[]): readonly string[] | null {
  const next = new Map<string, string[]>();
  for (const { from, to } of arrows) if (to !== null) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  const path: string[] = [];
  const walk = (file: string): readonly string[] | null => {
    if (done.has(file)) return null;
    const seen = path.indexOf(file);
    if (seen >= 0) return [...path.slice(seen), file];
    path.push(file);
    for (const target of next.get(file) ?? []) {
      const circle = walk(target);
      if (circle !== null) return circle;
    }
    path.pop();
    done.add(file);
    return null;
  };
  for (const file of next.keys()) {
    const circle = walk(file);
    if (circle !== null) return circle;
  }
  return null;
}
