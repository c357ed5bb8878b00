import { replay } from "signalbox";

/** What the page asks: a log as text, and the strategies to hold against it. */
export interface Asked {
  readonly log: string;
  readonly strategies: readonly string[];
}

// Beside the page, so that it stays usable while strategies rank. A worker has no other way out than these messages.
self.onmessage = ({ data }: MessageEvent<Asked>) => {
  try {
    const results = replay(data.log, data.strategies, {
      onProgress: ({ done, total }) => self.postMessage({ progress: total === 0 ? 1 : done / total }),
    });
    self.postMessage({ results });
  } catch (error) {
    self.postMessage({ problem: error instanceof Error ? error.message : String(error) });
  }
};
