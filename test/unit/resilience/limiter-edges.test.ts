import { describe, expect, it } from "vitest";
import { SignalboxError } from "../../../src/errors/signalbox-error.js";
import { createLimiter, type Entrant, type Leave, type LimiterOptions } from "../../../src/resilience/limiter.js";
import { createVirtualClock, type VirtualClock } from "../../../src/testing/virtual-clock.js";

const limited = new SignalboxError("rate_limit", "429", { status: 429 });

/** A limiter whose clock has run for a while, so that a moment is no duration. */
async function setUp(options: LimiterOptions = {}) {
  const clock = createVirtualClock();
  await clock.advance(70_000);
  const limiter = createLimiter(options, { clock });
  const leaveOf = (entrant: Entrant = {}) => limiter.enter(entrant) as Leave;
  /** What becomes of one who wants in: `"in"`, or the error, once it is known. */
  const outcomes = new Map<string, unknown>();
  const wait = (name: string, entrant: Entrant = {}) => {
    Promise.resolve(limiter.enter(entrant)).then(
      () => outcomes.set(name, "in"),
      ({ kind, detail, message, retryAfterMs }: SignalboxError) =>
        outcomes.set(name, { kind, detail, message, retryAfterMs }),
    );
  };
  return { clock, limiter, leaveOf, wait, outcomes };
}

const within = (clock: VirtualClock, ms: number) => {
  const atMs = clock.now() + ms;
  return { remainingMs: () => Math.max(0, atMs - clock.now()) };
};

/** Calls of so many milliseconds, so that the usual time is known. */
async function measure({ clock, leaveOf }: Awaited<ReturnType<typeof setUp>>, ms: number): Promise<void> {
  const leave = leaveOf();
  await clock.advance(ms);
  leave(null);
}

describe("known limits per minute", () => {
  it("show as headroom, the scarcer of the two", async () => {
    const { limiter: neither } = await setUp();
    const requests = await setUp({ rpm: 10 });
    const tokens = await setUp({ tpm: 1_000 });
    for (const { leaveOf } of [requests, tokens]) leaveOf({ tokens: 100 });
    expect(neither.headroom).toBe(1);
    expect(requests.limiter.headroom).toBeCloseTo(0.9);
    expect(tokens.limiter.headroom).toBeCloseTo(0.9);
  });

  it("hear what others took, and tell once what was taken here", async () => {
    const { limiter, leaveOf } = await setUp({ rpm: 10, tpm: 1_000 });
    leaveOf({ tokens: 30 });
    leaveOf();
    expect([limiter.untold(), limiter.untold()]).toEqual([
      { requests: 2, tokens: 30 },
      { requests: 0, tokens: 0 },
    ]);
    limiter.takenElsewhere(3, 0);
    expect(limiter.headroom).toBeCloseTo(0.5);
    limiter.takenElsewhere(0, 900);
    expect(limiter.headroom).toBeCloseTo(0.07);
    const bare = (await setUp()).limiter;
    bare.takenElsewhere(3, 900);
    expect([bare.headroom, bare.untold()]).toEqual([1, { requests: 0, tokens: 0 }]);
  });
});

describe("the limit", () => {
  it("grows while it is full and nobody leaves, for who looks and for who enters", async () => {
    const { clock, limiter, leaveOf } = await setUp();
    leaveOf()(limited);
    for (let n = 0; n < 8; n += 1) leaveOf();
    expect(limiter.hasRoom()).toBe(false);
    await clock.advance(5_000);
    expect([limiter.full, limiter.hasRoom(), limiter.limit]).toEqual([true, true, 9]);
    expect(typeof limiter.enter({})).toBe("function");
  });
});

describe("the usual time of a call", () => {
  it("counts from a call's start, over all places", async () => {
    const world = await setUp({ maxConcurrent: 2 });
    const { clock, leaveOf, wait, outcomes } = world;
    await measure(world, 1_000);
    leaveOf();
    leaveOf();
    wait("first", { deadline: within(clock, 1_600) });
    await clock.settle();
    // Half a turn for the second place in the queue, and its own time: the third would need a second and its own.
    wait("second", { deadline: within(clock, 1_990) });
    wait("fits", { deadline: within(clock, 2_010) });
    await clock.settle();
    expect(outcomes.get("second")).toMatchObject({
      kind: "saturated",
      message: expect.stringMatching(/longer than the request's deadline/),
    });
    expect([...outcomes.keys()]).toEqual(["second"]);
    await clock.advance(10_000);
  });

  it("says how long a full queue takes to drain", async () => {
    const world = await setUp({ maxConcurrent: 2, queueItems: 6 });
    const { clock, leaveOf, wait, outcomes } = world;
    await measure(world, 1_000);
    leaveOf();
    leaveOf();
    for (let n = 0; n < 6; n += 1) wait(`${n}`);
    wait("one more");
    await clock.settle();
    const error = outcomes.get("one more") as SignalboxError;
    expect(error).toMatchObject({ kind: "saturated", message: "No free place: the queue is full." });
    expect((error.retryAfterMs as number) / 3_000).toBeCloseTo(1, 1);
    await clock.advance(10_000);
  });

  it("is not learned from calls that began without a limit", async () => {
    const { clock, leaveOf, wait, outcomes } = await setUp();
    const early = Array.from({ length: 8 }, () => leaveOf());
    leaveOf()(limited);
    for (const leave of early) leave(null);
    for (let n = 0; n < 8; n += 1) leaveOf();
    wait("any", { deadline: within(clock, 20) });
    await clock.settle();
    expect(outcomes.size).toBe(0);
    await clock.advance(20);
    expect(outcomes.get("any")).toMatchObject({
      kind: "saturated",
      message: expect.stringMatching(/can no longer be met/),
    });
  });
});

describe("who waits", () => {
  it("leaves when the queue's time is over, on a clock that has run before, with its words", async () => {
    const { clock, leaveOf, wait, outcomes } = await setUp({ maxConcurrent: 1, queueMs: 300 });
    leaveOf();
    wait("usual", { deadline: within(clock, 400) });
    await clock.advance(299);
    expect(outcomes.size).toBe(0);
    await clock.advance(1);
    expect(outcomes.get("usual")).toMatchObject({
      kind: "timeout",
      detail: "queue",
      message: "Waited too long for a free place.",
    });
  });

  it("needs no timer where nothing ends the wait", async () => {
    const { clock, leaveOf, wait } = await setUp({ maxConcurrent: 1 });
    leaveOf();
    wait("batch", { priority: "batch" });
    expect(clock.pendingTimers).toBe(0);
  });

  it("is told why it has to go for others", async () => {
    const { leaveOf, wait, outcomes, clock } = await setUp({ maxConcurrent: 1, queueItems: 5 });
    leaveOf();
    wait("victim", { priority: "batch" });
    for (let n = 0; n < 4; n += 1) wait(`${n}`);
    wait("interactive", { priority: "interactive" });
    wait("late batch", { priority: "batch" });
    await clock.settle();
    expect(outcomes.get("victim")).toMatchObject({
      kind: "saturated",
      message: expect.stringMatching(/higher priority took the place/),
    });
    expect(outcomes.get("late batch")).toMatchObject({
      kind: "saturated",
      message: expect.stringMatching(/nearly full, batch waits outside/),
    });
    await clock.advance(5_000);
  });
});

describe("a cool-down", () => {
  /** One place, taken; those who wait may go at `readyAtMs`. */
  async function cooling(options: LimiterOptions = {}) {
    const world = await setUp({ maxConcurrent: 1, adaptive: false, ...options });
    const until = { atMs: world.clock.now() };
    const leave = world.leaveOf();
    const wait = (name: string, more: Entrant = {}) => world.wait(name, { readyAtMs: () => until.atMs, ...more });
    const cool = (ms: number) => {
      until.atMs = world.clock.now() + ms;
    };
    return { ...world, wait, cool, leave };
  }

  it("that ends in time is waited out, one that does not is told at once", async () => {
    const { clock, wait, cool, leave, outcomes, limiter } = await cooling({ queueMs: 1_000 });
    wait("early");
    await clock.advance(400);
    wait("late");
    wait("hasty", { deadline: within(clock, 600) });
    wait("batch", { priority: "batch" });
    cool(800);
    leave(limited);
    await clock.settle();
    expect([outcomes.get("early"), outcomes.get("hasty")]).toMatchObject([
      { kind: "unavailable", retryAfterMs: 800, message: expect.stringMatching(/lasts longer than a call waits/) },
      {
        kind: "saturated",
        retryAfterMs: 800,
        message: expect.stringMatching(/deadline is sooner than the end of a cool-down/),
      },
    ]);
    expect([outcomes.size, limiter.queued, limiter.active]).toEqual([2, 2, 0]);
    await clock.advance(799);
    expect(outcomes.size).toBe(2);
    await clock.advance(1);
    expect(outcomes.get("late")).toBe("in");
    expect([limiter.queued, limiter.active]).toEqual([1, 1]);
  });

  it("is told at once too while every place is taken", async () => {
    const { clock, wait, cool, outcomes, leaveOf, limiter } = await cooling({ maxConcurrent: 4, adaptive: true });
    const failing = leaveOf();
    for (let n = 0; n < 2; n += 1) leaveOf();
    wait("hasty", { deadline: within(clock, 30_000) });
    wait("late");
    cool(60_000);
    failing(limited);
    await clock.settle();
    expect([limiter.limit, limiter.active]).toEqual([2, 3]);
    expect([outcomes.get("hasty"), outcomes.get("late")]).toMatchObject([
      { kind: "saturated", retryAfterMs: 60_000 },
      { kind: "unavailable", retryAfterMs: 60_000 },
    ]);
    expect([limiter.queued, clock.pendingTimers]).toEqual([0, 0]);
  });

  it("that ends just in time is waited out: at the queue's end, and at the deadline less the usual time", async () => {
    const { clock, wait, cool, leave, outcomes } = await cooling({ queueMs: 500 });
    wait("patient");
    wait("pressed", { deadline: within(clock, 500) });
    cool(500);
    leave(limited);
    await clock.settle();
    expect(outcomes.size).toBe(0);
    await clock.advance(10_000);
    expect(outcomes.size).toBe(2);
  });

  it("lifted by hand lets them go, and no timer stays", async () => {
    const { clock, wait, cool, leave, outcomes, limiter } = await cooling({ queueMs: 60_000 });
    wait("a", { priority: "batch" });
    cool(30_000);
    leave(limited);
    await clock.settle();
    expect([outcomes.size, clock.pendingTimers]).toEqual([0, 1]);
    cool(0);
    limiter.lookAgain();
    await clock.settle();
    expect([outcomes.get("a"), clock.pendingTimers]).toEqual(["in", 0]);
  });

  it("keeps who enters from a free place, and from nobody else", async () => {
    const { clock, wait, cool, leave, outcomes, limiter } = await cooling();
    leave();
    cool(100);
    wait("cooling");
    await clock.settle();
    expect([outcomes.size, limiter.hasRoom(), limiter.queued]).toEqual([0, true, 1]);
    expect(typeof limiter.enter({})).toBe("function");
    expect(typeof limiter.enter({ readyAtMs: (_, nowMs) => nowMs })).toBe("object");
  });

  it("of which the first ends first wakes them, whoever came first", async () => {
    const { clock, limiter, leave, wait, outcomes } = await cooling({ maxConcurrent: 3 });
    leave();
    const startMs = clock.now();
    wait("late", { readyAtMs: () => startMs + 300 });
    wait("soon", { readyAtMs: () => startMs + 100 });
    wait("later", { readyAtMs: () => startMs + 400 });
    await clock.advance(99);
    expect(outcomes.size).toBe(0);
    await clock.advance(1);
    expect([...outcomes.keys()]).toEqual(["soon"]);
    await clock.advance(200);
    expect([...outcomes.keys()]).toEqual(["soon", "late"]);
    await clock.advance(100);
    expect([outcomes.size, limiter.queued, clock.pendingTimers]).toEqual([3, 0, 0]);
  });
});
