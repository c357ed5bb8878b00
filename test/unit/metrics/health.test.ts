import { describe, expect, it } from "vitest";
import type { HealthStatus } from "../../../src/contract/events.js";
import { type HealthGateView, type HealthReading, healthOf } from "../../../src/metrics/health.js";

const gate: HealthGateView = { state: "closed", reason: null, sinceMs: 0, coolDownUntilMs: 0, disabled: null };

function reading(more: Partial<HealthReading> & { median?: number } = {}): HealthReading {
  const { median = 300, ...rest } = more;
  return { attempts: 20, samples: 20, successRate: 0.99, ttftMs: 300, quantile: () => median, ...rest };
}

describe("health", () => {
  it("is a reading of gate and metrics", () => {
    const cases: [HealthStatus, Partial<HealthGateView>, Parameters<typeof reading>[0]][] = [
      ["unknown", {}, { attempts: 0, samples: 0 }],
      ["healthy", {}, {}],
      ["disabled", { disabled: "auth", state: "open" }, {}],
      ["unhealthy", { state: "open", reason: "5 failures in a row" }, {}],
      ["recovering", { state: "half_open", reason: "5 failures in a row" }, {}],
      ["recovering", { reason: "probes succeeded", sinceMs: 990_000 }, {}],
      ["healthy", { reason: "probes succeeded", sinceMs: 900_000 }, {}],
      ["degraded", { coolDownUntilMs: 1_000_001, reason: "rate_limit" }, {}],
      ["degraded", { coolDownUntilMs: 1_000_001 }, { attempts: 0 }],
      ["healthy", { coolDownUntilMs: 1_000_000 }, {}],
      ["degraded", {}, { successRate: 0.7 }],
      ["unhealthy", {}, { successRate: 0.3 }],
      ["healthy", {}, { successRate: 0.7, samples: 1 }],
      ["degraded", {}, { successRate: 0.63, samples: 1 }],
      ["unhealthy", {}, { successRate: 0.3, samples: 3.98 }],
      ["unknown", {}, { attempts: 0, successRate: 0.3, samples: 1 }],
      ["degraded", {}, { ttftMs: 4_000, median: 1_200 }],
      ["healthy", {}, { ttftMs: 900, median: 200 }],
      ["healthy", {}, { ttftMs: 4_000, median: Number.NaN }],
    ];
    for (const [status, view, metrics] of cases) {
      const health = healthOf({ ...gate, ...view }, reading(metrics), 1_000_000);
      expect([status, health.status]).toEqual([health.status, status]);
      expect(health.reasons.length > 0).toBe(status !== "healthy" && status !== "unknown");
    }
  });

  it("gives every reason, not the first", () => {
    const health = healthOf(
      { ...gate, coolDownUntilMs: 2e6, reason: "rate_limit" },
      reading({ successRate: 0.2 }),
      1e6,
    );
    expect(health).toEqual({
      status: "unhealthy",
      reasons: ["cooling down: rate_limit", "20 % of recent calls succeed"],
    });
  });
});
