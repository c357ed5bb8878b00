import { checkRequest } from "../chat/check.js";
import { isObject } from "../chat/check-value.js";
import type { Message } from "../chat/message.js";
import type { ChatRequest } from "../chat/request.js";
import { requestChars } from "../chat/tokens.js";
import { seededRandom } from "../core/random.js";
import { nextTurn } from "../core/turn.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import type { Label, LearnerView } from "../strategies/learner/learner.js";
import type { PlannedCandidate } from "./candidates.js";
import type { RouterParts } from "./parts.js";

/** One request that several candidates have answered, and how good each answer was. One of the first three is given. */
export interface LearnRow {
  /** The text of a single user message. */
  readonly prompt?: string | undefined;
  /** The messages of the request. */
  readonly messages?: readonly Message[] | undefined;
  /** The whole request. */
  readonly request?: ChatRequest | undefined;
  /** The kind of task, as calls give it. @default read from the text */
  readonly taskType?: string | undefined;
  /** 0 useless, 1 perfect, by `"provider/model"`, or by the model's id if one provider has it. */
  readonly scores: { readonly [candidateId: string]: number };
}

/** What `learnFrom` has taken. */
export interface LearnReport {
  /** Rows that taught something. */
  readonly rows: number;
  /** Scores in them. */
  readonly labels: number;
}

/** After so many rows, or so many characters of them, others have a turn. */
const TURN_ROWS = 16;
const TURN_CHARS = 100_000;

/** Rows whose vectors are asked for at once. */
const EMBEDDED = 64;

interface Lesson {
  readonly request: ChatRequest;
  readonly taskType: string | undefined;
  readonly labels: readonly Label[];
}

/**
 * Trains the learner by a table, in an order of its own: a table is often sorted, and what comes last counts more.
 *
 * @throws SignalboxError `invalid_request` naming the row and the member; nothing is learned then
 */
export async function learnFrom(parts: RouterParts, rows: readonly LearnRow[]): Promise<LearnReport> {
  const { learning, kit } = parts;
  if (!Array.isArray(rows)) throw wrong("rows", "must be a list of { prompt, scores }");
  const find = finder(parts);
  const lessons: Lesson[] = [];
  const turns = createTurns();
  for (const [index, row] of (rows as readonly LearnRow[]).entries()) {
    const lesson = checkRow(row, `rows[${index}]`, find);
    lessons.push(lesson);
    if (turns.isDue(lesson.request)) await nextTurn();
  }
  shuffle(lessons);
  let taught = 0;
  let labels = 0;
  for (const [at, { request, taskType, labels: given }] of lessons.entries()) {
    if (given.length === 0 || !learning) continue;
    const viewOf = ({ request, taskType }: Lesson): LearnerView =>
      learning.view(request, kit.characteristics(request, { taskType }));
    if (learning.embedder && at % EMBEDDED === 0) {
      await learning.embedder.load(lessons.slice(at, at + EMBEDDED).map((lesson) => viewOf(lesson).text ?? ""));
    }
    labels += learning.learner.learn(viewOf({ request, taskType, labels: given }), given);
    taught += 1;
    if (turns.isDue(request)) await nextTurn();
  }
  return { rows: taught, labels };
}

/** Says when the event loop should have a turn. */
function createTurns(): { isDue(request: ChatRequest): boolean } {
  let rows = 0;
  let chars = 0;
  return {
    isDue(request) {
      rows += 1;
      chars += requestChars(request);
      if (rows < TURN_ROWS && chars < TURN_CHARS) return false;
      rows = 0;
      chars = 0;
      return true;
    },
  };
}

function shuffle(lessons: Lesson[]): void {
  const random = seededRandom(lessons.length);
  for (let at = lessons.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    [lessons[at], lessons[other]] = [lessons[other]!, lessons[at]!];
  }
}

type Find = (name: string) => PlannedCandidate | undefined;

/** Finds a candidate by its id, or by that of its model if no other candidate has such a model. */
function finder({ byId, candidates }: RouterParts): Find {
  const byModel = new Map<string, PlannedCandidate | undefined>();
  for (const candidate of candidates) {
    byModel.set(candidate.info.id, byModel.has(candidate.info.id) ? undefined : candidate);
  }
  return (name) => byId.get(name) ?? byModel.get(name);
}

function checkRow(row: unknown, path: string, find: Find): Lesson {
  if (!isObject(row)) throw wrong(path, "must be an object with a prompt and scores");
  const { taskType, scores } = row;
  const request = requestOf(row, path);
  if (taskType !== undefined && (typeof taskType !== "string" || taskType === "" || taskType.length > 200)) {
    throw wrong(`${path}.taskType`, "must be a text of 1 to 200 characters");
  }
  if (!isObject(scores)) throw wrong(`${path}.scores`, "must be an object of numbers from 0 to 1 by candidate");
  const labels: Label[] = [];
  for (const [name, score] of Object.entries(scores)) {
    if (score === undefined || score === null) continue;
    const at = `${path}.scores["${name.slice(0, 100)}"]`;
    const candidate = find(name);
    if (!candidate) throw wrong(at, "names no candidate of this router, or more than one");
    if (typeof score !== "number" || !(score >= 0 && score <= 1)) throw wrong(at, "must be a number from 0 to 1");
    labels.push({ candidateId: candidate.id, tier: candidate.info.tier ?? 2, score });
  }
  return { request, taskType, labels };
}

function requestOf({ prompt, messages, request }: { readonly [member: string]: unknown }, path: string): ChatRequest {
  const given = [prompt, messages, request].filter((value) => value !== undefined).length;
  if (given !== 1) throw wrong(path, "must have one of prompt, messages and request");
  if (prompt !== undefined) {
    if (typeof prompt !== "string") throw wrong(`${path}.prompt`, "must be a text");
    return { messages: [{ role: "user", content: prompt }] };
  }
  const whole = (request ?? { messages }) as ChatRequest;
  const issue = checkRequest(whole);
  if (issue) throw wrong(`${path}.${request === undefined ? "" : "request."}${issue.path}`, issue.message);
  return whole;
}

function wrong(path: string, problem: string): SignalboxError {
  return new SignalboxError("invalid_request", `${path} ${problem}`, { path });
}
