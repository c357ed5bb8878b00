import type { ChatRequest } from "signalbox";
import { seededRandom } from "signalbox/testing";
import { pick } from "./answers.js";

/** One thing to ask: requests that follow one another, each seeing what came before. */
export interface Job {
  /** Where it stands in a file, 1 for the first line; 0 where it comes from no file. */
  readonly line: number;
  /** What is the same in every turn. */
  readonly request: Omit<ChatRequest, "messages">;
  readonly turns: readonly ChatRequest["messages"][];
  readonly streamed: boolean;
}

const TOPICS = [
  "why the sky is blue",
  "how tides work",
  "the causes of the French Revolution",
  "garbage collection in V8",
  "the birthday paradox",
  "sourdough starters",
  "TCP congestion control",
  "how vaccines train the immune system",
  "the trolley problem",
  "double-entry bookkeeping",
  "how B-trees stay balanced",
  "why leap seconds exist",
  "photosynthesis",
  "the halting problem",
  "the Monty Hall problem",
  "plate tectonics",
  "what inflation is",
  "how noise-cancelling headphones work",
  "Gödel's incompleteness theorems",
  "the water cycle",
];
const ASKS = [
  (topic: string) => `Explain ${topic} to a ten-year-old.`,
  (topic: string) => `Write a short paragraph on ${topic}.`,
  (topic: string) => `Plan a one-hour lesson about ${topic}, step by step.`,
  (topic: string) => `Compare two common misunderstandings of ${topic} and analyse where each goes wrong.`,
];
const CHINESE = [
  "为什么天空是蓝色的？",
  "请用三句话解释量子纠缠。",
  "写一首关于秋天的短诗。",
  "帮我制定一个学习计划。",
];
const BUG =
  "This throws `TypeError: x is not iterable`. Find the bug:\n```ts\nfor (const item of cache.get(key)) use(item);\n```\nCase";
const SYSTEM = `You are a patient teacher. ${"Answer plainly, name what is uncertain, and keep to what was asked. ".repeat(12)}`;
const WEATHER = {
  type: "function" as const,
  function: {
    name: "weather",
    description: "Weather of a city",
    parameters: { type: "object", properties: { city: { type: "string" } } },
  },
};

/** A seeded mix: English and Chinese, code, tools, a shared system prompt, and questions that come back. */
export function builtInLoad(count: number, seed: number): Job[] {
  const random = seededRandom(seed);
  const fresh = (): Job => {
    const roll = random();
    const system = { role: "system" as const, content: SYSTEM };
    if (roll < 0.04)
      return job([{ role: "user", content: `What is the weather in Oslo in hour ${Math.floor(random() * 24)}?` }], {
        tools: [WEATHER],
      });
    if (roll < 0.14) return job([{ role: "user", content: `${BUG} ${Math.floor(random() * 100)}.` }]);
    if (roll < 0.22)
      return job([{ role: "user", content: `${pick(CHINESE, random)}（第${Math.floor(random() * 100)}题）` }]);
    return job([
      system,
      { role: "user", content: `${pick(ASKS, random)(pick(TOPICS, random))} Reader ${Math.floor(random() * 1_000)}.` },
    ]);
  };
  const job = (messages: ChatRequest["messages"], request: Job["request"] = {}): Job => ({
    line: 0,
    request,
    turns: [messages],
    streamed: random() < 0.5,
  });
  const jobs: Job[] = [];
  while (jobs.length < count) jobs.push(jobs.length > 20 && random() < 0.2 ? pick(jobs, random) : fresh());
  return jobs;
}

/** A question typed by hand. */
export const questionLoad = (question: string): Job[] => [
  { line: 0, request: {}, turns: [[{ role: "user", content: question }]], streamed: true },
];
