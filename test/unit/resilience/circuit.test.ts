import { describe, expect, it } from "vitest";
import type { ErrorKind } from "../../../src/errors/kinds.js";
import { type Policy, policyOf } from "../../../src/errors/policy.js";
import { SignalboxError, type SignalboxErrorInit } from "../../../src/errors/signalbox-error.js";
import { Circuit } from "../../../src/resilience/circuit.js";
import { createVirtualClock } from "../../../src/testing/virtual-clock.js";

const MINUTE = 60_000;

function setUp() {
  const clock = createVirtualClock({ startMs: 1_000 });
  const cooled: [number, string][] = [];
  const opened: number[] = [];
  const circuit = new Circuit(
    {},
    {
      clock,
      random: () => 0.5,
      epoch: { value: 0 },
      onBreaker: (_from, to, _reason, openMs) => to === "open" && opened.push(openMs),
      onCoolDown: (forMs, reason) => cooled.push([forMs, reason]),
    },
  );
  const now = () => clock.now();
  const state = () => circuit.breaker.state(now());
  const fail = (kind: ErrorKind, init: SignalboxErrorInit = {}, change: Partial<Policy> = {}, alternatives = true) => {
    const policy = { ...policyOf(kind, init.detail), ...change };
    circuit.failed(circuit.breaker.acquire(now()), now(), new SignalboxError(kind, kind, init), policy, {
      alternatives,
    });
  };
  const succeed = (ttftMs: number | null, times = 1, alternatives = true) => {
    for (let n = 0; n < times; n += 1) circuit.succeeded(circuit.breaker.acquire(now()), now(), ttftMs, alternatives);
  };
  return { clock, circuit, cooled, opened, now, state, fail, succeed };
}

describe("slow first tokens", () => {
  it("are those past ten seconds, to the millisecond", () => {
    const exactly = setUp();
    exactly.succeed(100, 100);
    exactly.succeed(10_000, 60);
    expect(exactly.state()).toBe("closed");
    const later = setUp();
    later.succeed(100, 100);
    later.succeed(10_001, 45);
    expect(later.state()).toBe("open");
  });

  it("open after twelve in a row as after twelve at once", async () => {
    for (const apartMs of [0, 12_000, 90_000]) {
      const { clock, succeed, state, circuit } = setUp();
      succeed(300, 30);
      await clock.advance(MINUTE);
      let openedAfter = 0;
      for (let n = 1; n <= 12 && openedAfter === 0; n += 1) {
        await clock.advance(apartMs);
        succeed(12_000);
        if (circuit.breaker.reason !== null) openedAfter = n;
      }
      expect([apartMs, openedAfter, state()]).toEqual([apartMs, 8, "open"]);
    }
  });

  it("stay closed after slow answers with a quick one between, and where nobody stands in", async () => {
    const mixed = setUp();
    const lone = setUp();
    mixed.succeed(300, 30);
    lone.succeed(300, 30);
    for (let n = 1; n <= 21; n += 1) {
      await mixed.clock.advance(12_000);
      await lone.clock.advance(12_000);
      mixed.succeed(n % 7 === 0 ? 300 : 12_000);
      lone.succeed(12_000, 1, false);
    }
    expect([mixed.state(), lone.state()]).toEqual(["closed", "closed"]);
  });

  it("are none below ten seconds, however unusual", () => {
    const { succeed, state } = setUp();
    succeed(10, 100);
    succeed(9_000, 60);
    expect(state()).toBe("closed");
  });

  it("are those of a circuit of which nothing is known yet", () => {
    const { succeed, state, circuit } = setUp();
    succeed(11_000);
    succeed(null, 7);
    expect(state()).toBe("closed");
    expect(circuit.breaker.reason).toBe(null);
  });

  it("are not those that nobody measured", () => {
    const { succeed, state } = setUp();
    // They count as quick, but do not teach that quick is usual.
    succeed(null, 200);
    succeed(-1, 200);
    succeed(20_000, 60);
    expect(state()).toBe("closed");
  });

  it("are held against what is usual by now, not hours ago", async () => {
    const { clock, succeed, state } = setUp();
    succeed(20_000, 100, false);
    await clock.advance(120 * MINUTE);
    succeed(100, 99);
    succeed(20_000, 45);
    expect(state()).toBe("open");
  });

  it("at nothing at all are usual ones too", () => {
    const { succeed, state } = setUp();
    succeed(0, 100);
    succeed(20_000, 45);
    expect(state()).toBe("open");
  });
});

describe("a hanging head or first token", () => {
  it("opens at once where another candidate is healthy, and says what hung", () => {
    for (const detail of ["headers", "first_token"]) {
      const { fail, state, circuit } = setUp();
      fail("timeout", { detail });
      expect([state(), circuit.breaker.reason]).toEqual(["open", `${detail} timeout`]);
    }
  });

  it("is nothing else: no other time-out, and no other failure with such a detail", () => {
    for (const [kind, detail] of [
      ["timeout", "idle"],
      ["timeout", undefined],
      ["server", "headers"],
      ["server", "first_token"],
    ] as const) {
      const { fail, state } = setUp();
      fail(kind, { detail });
      expect(state(), `${kind}/${detail}`).toBe("closed");
    }
  });
});

describe("a disable by an answer", () => {
  it("lasts as long as the table says, and doubles up to an hour", async () => {
    const { clock, fail, opened } = setUp();
    for (let n = 0; n < 4; n += 1) {
      fail("auth");
      await clock.advance(opened.at(-1) as number);
    }
    expect(opened).toEqual([10 * MINUTE, 20 * MINUTE, 40 * MINUTE, 60 * MINUTE]);
  });

  it("lasts ten minutes where the table says nothing, and more than an hour only where it says so", () => {
    const silent = setUp();
    silent.fail("auth", {}, { coolDownMs: undefined });
    expect(silent.opened).toEqual([10 * MINUTE]);
    const long = setUp();
    long.fail("auth", {}, { coolDownMs: 120 * MINUTE });
    expect(long.opened).toEqual([120 * MINUTE]);
  });

  it("is lifted by hand, also while it is probed; what else was counted stays", async () => {
    const { clock, fail, circuit, state, now } = setUp();
    expect(circuit.disabled(now())).toBe(false);
    fail("auth", { detail: "bad_key" });
    expect([circuit.disabled(now()), circuit.breaker.reason]).toEqual([true, "auth: bad_key"]);
    await clock.advance(10 * MINUTE);
    expect([state(), circuit.disabled(now())]).toEqual(["half_open", false]);
    circuit.enable();
    expect([state(), circuit.breaker.reason]).toEqual(["closed", "enabled"]);
    for (let n = 0; n < 4; n += 1) fail("server");
    circuit.enable();
    expect(state()).toBe("closed");
    fail("server");
    expect(state()).toBe("open");
    circuit.enable();
    expect(state()).toBe("open");
  });
});

describe("a circuit that was never disabled", () => {
  it("loses nothing that was counted when it is enabled", () => {
    const { fail, circuit, state } = setUp();
    for (let n = 0; n < 4; n += 1) fail("server");
    circuit.enable();
    fail("server");
    expect(state()).toBe("open");
  });
});

describe("a vendor's word when to come back", () => {
  it("counts beside a plain failure too, an hour at most; none and nought are none", () => {
    const { fail, cooled, circuit, now } = setUp();
    fail("server", { status: 500 });
    fail("server", { status: 500, retryAfterMs: 0 });
    fail("server", { status: 500, retryAfterMs: -1 });
    expect([cooled, circuit.cooling(now())]).toEqual([[], false]);
    fail("server", { status: 500, retryAfterMs: 700 });
    fail("server", { status: 500, retryAfterMs: 100 * MINUTE });
    expect(cooled).toEqual([
      [700, "server"],
      [60 * MINUTE, "server"],
    ]);
  });

  it("is not heard where the failure says nothing about the candidate, nor past a disable", () => {
    const { fail, cooled, opened } = setUp();
    fail("server", { detail: "conflict", retryAfterMs: 700 });
    fail("auth", { retryAfterMs: 700 });
    expect([cooled, opened]).toEqual([[], [10 * MINUTE]]);
  });

  it("leaves the failure a failure", () => {
    const { fail, state } = setUp();
    for (let n = 0; n < 5; n += 1) fail("server", { retryAfterMs: 700 });
    expect(state()).toBe("open");
  });
});

describe("waits for money", () => {
  it("last until the stated reset, a day at most", () => {
    const { fail, cooled } = setUp();
    fail("quota", { retryAfterMs: 2 * MINUTE });
    fail("quota", { retryAfterMs: 100 * 60 * MINUTE });
    expect(cooled).toEqual([
      [2 * MINUTE, "quota"],
      [24 * 60 * MINUTE, "quota"],
    ]);
  });

  it("double once per round where no reset is stated, or one of nothing", async () => {
    const { clock, fail, cooled } = setUp();
    fail("quota");
    fail("quota");
    await clock.advance(15 * MINUTE);
    fail("quota", { retryAfterMs: 0 });
    expect(cooled).toEqual([
      [15 * MINUTE, "quota"],
      [30 * MINUTE, "quota"],
    ]);
  });

  it("double once for a burst of answers that all say to come back at once", () => {
    for (const retryAfterMs of [0, -1, Number.NaN]) {
      const { fail, cooled } = setUp();
      for (let n = 0; n < 20; n += 1) fail("quota", { retryAfterMs });
      expect(cooled).toEqual([[15 * MINUTE, "quota"]]);
    }
  });

  it("are lengthened by a reset that is told while they last, and begin beside a wait of another kind", () => {
    const told = setUp();
    told.fail("quota");
    told.fail("quota", { retryAfterMs: 20 * MINUTE });
    expect(told.cooled.at(-1)).toEqual([20 * MINUTE, "quota"]);
    const beside = setUp();
    beside.fail("rate_limit", { retryAfterMs: MINUTE });
    beside.fail("quota");
    expect(beside.cooled).toEqual([
      [MINUTE, "rate_limit"],
      [15 * MINUTE, "quota"],
    ]);
  });
});

describe("cool-downs of both sorts", () => {
  it("end when they end, to the millisecond", async () => {
    const { clock, fail, circuit, now, cooled } = setUp();
    fail("rate_limit");
    expect(cooled).toEqual([[4_500, "rate_limit"]]);
    await clock.advance(4_499);
    expect(circuit.cooling(now())).toBe(true);
    await clock.advance(1);
    expect(circuit.cooling(now())).toBe(false);
    fail("rate_limit", { retryAfterMs: 700 });
    await clock.advance(699);
    expect(circuit.cooling(now())).toBe(true);
    await clock.advance(1);
    expect(circuit.cooling(now())).toBe(false);
  });

  it("name the longer one's reason, the vendor's own where they end together", () => {
    const { fail, circuit } = setUp();
    expect(circuit.coolDownReason()).toBe(null);
    fail("overloaded", {}, { breaker: "cool_down" });
    expect(circuit.coolDownReason()).toBe("overloaded");
    fail("rate_limit", { retryAfterMs: 7_500, detail: "requests" });
    expect(circuit.coolDownReason()).toBe("rate_limit: requests");
  });

  it("last five seconds and up where the table says nothing", () => {
    const { fail, cooled } = setUp();
    fail("rate_limit", {}, { coolDownMs: undefined });
    fail("rate_limit", { retryAfterMs: -5 });
    expect(cooled).toEqual([[7_500, "rate_limit"]]);
  });
});
