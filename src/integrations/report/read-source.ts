import { SignalboxError } from "../../errors/signalbox-error.js";
import { type OnProgress, readLog } from "./read-log.js";
import type { Recording, ReportSource, StatsLike } from "./source.js";

/** What a report shows: totals always, the run over time where it is known. */
export interface ReadSource {
  readonly stats: StatsLike;
  readonly recording: Recording | undefined;
  /** Lines of a log that were no requests. */
  readonly ignored: number;
}

/** @throws SignalboxError `invalid_request` for anything but the four sources */
export function readSource(source: ReportSource, onProgress?: OnProgress): ReadSource {
  if (typeof source === "string") return fromLog(parseLines(source), onProgress);
  if (Array.isArray(source)) return fromLog(source, onProgress);
  if (typeof source === "object" && source !== null) {
    if ("version" in source && source.version === 1) return { stats: source.stats, recording: source, ignored: 0 };
    if ("requests" in source && "providers" in source) return { stats: source, recording: undefined, ignored: 0 };
  }
  throw new SignalboxError("invalid_request", "A report is made of router.stats(), a recording, or a log of requests", {
    path: "source",
  });
}

function parseLines(text: string): unknown[] {
  return text.split("\n").flatMap((line) => {
    if (line.trim() === "") return [];
    try {
      return [JSON.parse(line) as unknown];
    } catch {
      return [undefined];
    }
  });
}

function fromLog(lines: readonly unknown[], onProgress: OnProgress | undefined): ReadSource {
  const { recording, ignored } = readLog(lines, onProgress);
  return { stats: recording.stats, recording, ignored };
}
