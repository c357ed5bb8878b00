import type { Message, Router, SignalboxError } from "signalbox";
import type { Job } from "./load.js";
import type { Answered, createTally } from "./tally.js";

export interface DriveOptions {
  readonly router: Router;
  readonly jobs: readonly Job[];
  readonly tally: ReturnType<typeof createTally>;
  /** Jobs under way at once. */
  readonly concurrency: number;
  readonly onProgress?: (done: number, total: number) => void;
  /** Text as it arrives; only asked for streamed jobs. */
  readonly onText?: (text: string) => void;
  readonly onAnswer?: (job: Job, reply: Answered) => void;
}

/** Sends every job through the router; a failed one is counted and the rest go on. */
export async function drive(options: DriveOptions): Promise<void> {
  const { jobs, concurrency, onProgress } = options;
  let next = 0;
  let done = 0;
  const worker = async (): Promise<void> => {
    for (let job = jobs[next++]; job !== undefined; job = jobs[next++]) {
      await runJob(job, options);
      done += 1;
      onProgress?.(done, jobs.length);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, jobs.length) }, worker));
}

/** Asks the turns of a job; one that fails is the last. */
async function runJob(job: Job, { router, tally, onText, onAnswer }: DriveOptions): Promise<void> {
  const history: Message[] = [];
  for (const [index, turn] of job.turns.entries()) {
    const messages = [...history, ...turn];
    const request = { ...job.request, messages };
    try {
      let reply: Answered;
      if (job.streamed) {
        const stream = router.stream(request);
        for await (const chunk of stream) onText?.(chunk.choices[0]?.delta.content ?? "");
        reply = await stream.reply;
      } else {
        reply = await router.chat(request);
      }
      tally.count(reply, job.streamed);
      onAnswer?.(job, reply);
      history.push(...turn, reply.choices[0].message);
    } catch (error) {
      const { kind = "error", message = String(error) } = error as Partial<SignalboxError>;
      tally.failures.push({ line: job.line, kind, message, unasked: job.turns.length - index - 1 });
      return;
    }
  }
}
