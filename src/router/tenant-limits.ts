import { requestChars } from "../chat/tokens.js";
import type { Clock } from "../core/clock.js";
import type { Call } from "../engine/call.js";
import { createLimiter, type Leave, type Limiter, type LimiterOptions } from "../resilience/limiter.js";

/** What each tenant may send: its requests at once, and per minute. Requests without a tenant are not limited. */
export type TenantLimits = Pick<LimiterOptions, "maxConcurrent" | "rpm" | "tpm">;

/** Gives a request its place among those of its tenant. */
export interface TenantPlaces {
  /**
   * A place, at once if one is free; `undefined` for a request without a tenant.
   *
   * @throws SignalboxError `saturated` with `retryAfterMs`, `timeout` with detail `queue`, or the abort's reason: as
   * rejections
   */
  enter(call: Call): Leave | Promise<Leave> | undefined;
}

/** Tenants whose limits are kept at once; past these the one that was first goes, unless its requests are under way. */
const MOST_TENANTS = 100_000;
/** Of so many that came first, one is likely free to go. */
const LOOKED_AT = 8;

export function createTenantPlaces(limits: TenantLimits, clock: Clock): TenantPlaces {
  const limiters = new Map<string, Limiter>();
  const forgetOne = (): void => {
    let looked = 0;
    for (const [tenant, limiter] of limiters) {
      if (looked++ === LOOKED_AT) return;
      limiters.delete(tenant);
      if (limiter.active === 0 && limiter.queued === 0) return;
      limiters.set(tenant, limiter);
    }
  };
  return {
    enter({ options, request, deadline, abort }) {
      const { tenant, priority = "default" } = options;
      if (tenant === undefined) return undefined;
      let limiter = limiters.get(tenant);
      if (!limiter) {
        if (limiters.size >= MOST_TENANTS) forgetOne();
        limiter = createLimiter({ ...limits, adaptive: false }, { clock });
        limiters.set(tenant, limiter);
      }
      const size = requestChars(request);
      return limiter.enter({ priority, deadline, abort, bytes: 2 * size, tokens: size / 3 });
    },
  };
}
