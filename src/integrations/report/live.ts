import { checkMethods, checkOptions } from "../../errors/check-options.js";
import { invalidOption } from "../../errors/signalbox-error.js";
import { mainHtml, pageHtml } from "./page-html.js";
import type { PageModel } from "./page-model.js";
import { recordRouter } from "./record-router.js";
import { reportPage } from "./render-report.js";
import type { RouterLike } from "./source.js";
import { duration } from "./words.js";

/** How a live report looks and how often it is told anew. */
export interface LiveOptions {
  /** Heading of the page. @default "signalbox" */
  readonly title?: string | undefined;
  /** Milliseconds between two updates, at least 250. @default 2_000 */
  readonly everyMs?: number | undefined;
  /** Pages that may be open at once; one more is answered with 503. @default 32 */
  readonly maxClients?: number | undefined;
}

/** Answers requests for a live report; a `fetch` handler, called with a request or as `fetch` is. */
export interface LiveReport {
  /** The page, or its updates as server-sent events if the request asks for them. */
  (input: Request | string | URL, init?: RequestInit): Promise<Response>;
  /** Ends all updates and stops listening to the router; later requests are answered with 503. */
  close(): void;
}

/** An update larger than this goes without its tables, which are its only part without a bound of its own. */
const MAX_EVENT_BYTES = 262_144;
const HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff", "referrer-policy": "no-referrer" };

interface Client {
  tell(event: Uint8Array): void;
  end(): void;
}

/**
 * A page of a router's run that goes on telling: a `fetch` handler for the path where your app wants it. It opens no
 * port and knows nobody: mount it behind your own authentication, since it shows tenants, models and spending. What it
 * records begins now and is bounded in memory.
 *
 * @throws SignalboxError `invalid_options` for anything but a router, or a wrong option
 * @example
 * const report = live(router);
 * app.get("/admin/signalbox", requireAdmin, (context) => report(context.req.raw)); // Hono
 * app.get("/admin/signalbox", requireAdmin, toNodeListener(report)); // Express; toNodeListener of signalbox/openai
 */
export function live(router: RouterLike, options: LiveOptions = {}): LiveReport {
  checkMethods(router, "router", ["on", "off"], "a router");
  checkOptions(options, "live", ["title", "everyMs", "maxClients"]);
  const { title = "signalbox" } = options;
  const everyMs = whole(options.everyMs ?? 2_000, "everyMs", 250);
  const maxClients = whole(options.maxClients ?? 32, "maxClients", 1);
  const recorder = recordRouter(router);
  const clients = new Set<Client>();
  let timer: ReturnType<typeof setInterval> | undefined;
  let closed = false;

  const page = (): PageModel => {
    const recording = recorder.read();
    return reportPage(recording.stats, recording, { title, subtitle: `since ${duration(recording.lengthMs)}` });
  };
  const tell = (): void => {
    const event = eventOf(page());
    for (const client of clients) client.tell(event);
  };
  const leave = (client: Client): void => {
    if (clients.delete(client) && clients.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
  const join = (client: Client): void => {
    clients.add(client);
    client.tell(eventOf(page()));
    timer ??= unwaited(setInterval(tell, everyMs));
  };

  const answer = (request: Request): Response => {
    if (request.method !== "GET" && request.method !== "HEAD") return plain(405, "GET only", { allow: "GET, HEAD" });
    if (closed) return plain(503, "This report has ended");
    if (!asksForEvents(request)) {
      const body = request.method === "HEAD" ? null : pageHtml(page(), { live: true });
      return new Response(body, { headers: { ...HEADERS, "content-type": "text/html; charset=utf-8" } });
    }
    if (clients.size >= maxClients) return plain(503, "Too many pages are open", { "retry-after": "30" });
    const headers = { ...HEADERS, "content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no" };
    return new Response(request.method === "HEAD" ? null : updates(request, join, leave), { headers });
  };
  const handler = async (input: Request | string | URL, init?: RequestInit): Promise<Response> =>
    answer(input instanceof Request && init === undefined ? input : new Request(input, init));
  return Object.assign(handler, {
    close() {
      closed = true;
      recorder.stop();
      for (const client of clients) client.end();
    },
  });
}

/**
 * The stream of one open page. Who reads slower than updates come misses some, and gets the latest. It holds the request:
 * the signal of a request that is garbage no longer follows the caller's.
 */
function updates(
  request: Request,
  join: (client: Client) => void,
  leave: (client: Client) => void,
): ReadableStream<Uint8Array> {
  let client: Client | undefined;
  const left = (): void => {
    request.signal.removeEventListener("abort", ended);
    if (client) leave(client);
    client = undefined;
  };
  const ended = (): void => client?.end();
  return new ReadableStream<Uint8Array>({
    start(controller) {
      client = {
        tell(event) {
          if ((controller.desiredSize ?? 0) > 0) controller.enqueue(event);
        },
        end() {
          left();
          controller.close();
        },
      };
      join(client);
      if (request.signal.aborted) ended();
      else request.signal.addEventListener("abort", ended);
    },
    cancel: left,
  });
}

function asksForEvents(request: Request): boolean {
  const accepts = request.headers.get("accept")?.includes("text/event-stream") ?? false;
  return accepts || new URL(request.url).searchParams.has("events");
}

function eventOf(model: PageModel): Uint8Array {
  const whole = encoded(model);
  return whole.length <= MAX_EVENT_BYTES ? whole : encoded({ ...model, tables: [] });
}

function encoded(model: PageModel): Uint8Array {
  const update = { subtitle: model.subtitle, html: mainHtml(model), charts: model.charts };
  return new TextEncoder().encode(`retry: 5000\ndata: ${JSON.stringify(update)}\n\n`);
}

function plain(status: number, text: string, headers: Record<string, string> = {}): Response {
  return new Response(text, {
    status,
    headers: { ...HEADERS, "content-type": "text/plain; charset=utf-8", ...headers },
  });
}

function whole(value: unknown, path: string, least: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= 2 ** 31 - 1) return value;
  throw invalidOption(path, `must be a whole number of at least ${least}`);
}

/** Nobody should wait for the next update: it keeps no process alive. */
function unwaited<Timer>(timer: Timer): Timer {
  (timer as { unref?(): void }).unref?.();
  return timer;
}
