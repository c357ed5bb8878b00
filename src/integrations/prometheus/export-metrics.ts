import { register as globalRegister, type Registry } from "prom-client";
import type { BreakerState, EventMap } from "../../contract/events.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import { createHistograms } from "./histograms.js";
import { createLabels } from "./labels.js";
import type { RouterLike } from "./router-like.js";
import { createScraped } from "./scraped.js";

/** Where metrics go, and what they are called. */
export interface ExportMetricsOptions {
  /** @default prom-client's global registry */
  readonly register?: Registry | undefined;
  /** What every name begins with; several routers on one registry need several. @default "signalbox_" */
  readonly prefix?: string | undefined;
}

/**
 * Puts a router's metrics on a registry. Histograms are filled as calls end; the rest is read from the router when it
 * is scraped.
 *
 * @returns what takes the metrics off the registry again
 * @throws SignalboxError `invalid_options` for a bad prefix, or one that is taken
 * @example
 * exportMetrics(router, { register });
 * app.get("/metrics", async (_, response) => response.type(register.contentType).send(await register.metrics()));
 */
export function exportMetrics(router: RouterLike, options: ExportMetricsOptions = {}): () => void {
  const { register = globalRegister, prefix = "signalbox_" } = options;
  if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(prefix))
    throw refused("prefix", "must begin a metric's name: letters, digits, _");
  if (register.getSingleMetric(`${prefix}requests_total`))
    throw refused("prefix", `${prefix} is taken on this registry`);

  const labelsOf = createLabels();
  const breakers = new Map<string, BreakerState>();
  const histograms = createHistograms(register, prefix, labelsOf);
  const scraped = createScraped({ register, prefix, router, labelsOf, breakers });
  const onBreaker = ({ candidate, to }: EventMap["breaker"]): void => {
    if (to === "closed") breakers.delete(candidate);
    else breakers.set(candidate, to);
  };

  router.on("attempt", histograms.attempt);
  router.on("done", histograms.done);
  router.on("breaker", onBreaker);
  return () => {
    router.off("attempt", histograms.attempt);
    router.off("done", histograms.done);
    router.off("breaker", onBreaker);
    for (const metric of [...histograms.metrics, ...scraped]) {
      register.removeSingleMetric((metric as unknown as { readonly name: string }).name);
    }
  };
}

function refused(path: string, why: string): SignalboxError {
  return new SignalboxError("invalid_options", `${path}: ${why}`, { path });
}
