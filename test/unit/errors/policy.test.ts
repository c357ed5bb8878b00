import { describe, expect, it } from "vitest";
import { ERROR_KINDS } from "../../../src/errors/kinds.js";
import { mayAskAgain, POLICIES, type Policy, policyOf } from "../../../src/errors/policy.js";
import { SUMMARIES } from "../../../src/errors/summaries.js";

const rows: readonly Policy[] = Object.values(POLICIES);

describe("policy table", () => {
  it("has a row for every kind, and no other but of its details", () => {
    const keys = Object.keys(POLICIES);
    expect(keys.filter((key) => !key.includes("/"))).toEqual([...ERROR_KINDS]);
    for (const key of keys) expect(ERROR_KINDS).toContain(key.split("/")[0]);
  });

  it("says something about every row", () => {
    for (const summary of Object.values(SUMMARIES)) expect(summary.length).toBeGreaterThan(5);
  });

  it.each(["invalid_request", "cancelled", "content_filter"] as const)("never moves or repeats %s", (kind) => {
    expect(policyOf(kind)).toMatchObject({
      nextCandidate: false,
      sameProvider: false,
      breaker: "ignore",
      retryable: false,
    });
  });

  it("takes the row of the detail, else that of the kind", () => {
    expect(policyOf("network", "tls").breaker).toBe("disable");
    expect(policyOf("network", "unheard_of")).toBe(policyOf("network"));
    expect(policyOf("server", "unclassified")).toBe(policyOf("server"));
    expect(policyOf("timeout", "constructor")).toBe(policyOf("timeout"));
  });

  it("counts a kind it does not know as a failed vendor", () => {
    expect(policyOf("from_the_future" as "server")).toBe(policyOf("server"));
  });

  it("repeats nothing that it does not call retryable, and cools nothing down without a time", () => {
    for (const row of rows) {
      if (row.sameProvider) expect(row.retryable).toBe(true);
      if (row.breaker !== "failure" && row.breaker !== "ignore") expect(row.coolDownMs).toBeGreaterThan(0);
    }
  });

  it("lets the vendor veto a repeat, and never allows one that the table forbids", () => {
    expect(mayAskAgain({ kind: "server", retryable: true })).toBe(true);
    expect(mayAskAgain({ kind: "server", retryable: false })).toBe(false);
    expect(mayAskAgain({ kind: "quota", retryable: true })).toBe(false);
    expect(mayAskAgain({ kind: "timeout", detail: "first_token", retryable: true })).toBe(false);
  });
});
