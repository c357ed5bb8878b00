import { register as globalRegister, type Registry } from "prom-client";
import { checkMethods, checkOptions } from "../../errors/check-options.js";
import { invalidOption } from "../../errors/signalbox-error.js";
import { createHistograms } from "./histograms.js";
import { createLabels } from "./labels.js";
import { labelBound } from "./owners.js";
import type { RouterLike } from "./router-like.js";
import { createScraped } from "./scraped.js";

/** Where metrics go, and what they are called. */
export interface ExportMetricsOptions {
  /** Where the metrics are registered. @default prom-client's global registry */
  readonly register?: Registry | undefined;
  /** What every name begins with; several routers on one registry need several. @default "signalbox_" */
  readonly prefix?: string | undefined;
  /**
   * Counters by tenant: `true` for at most 100 label values, or how many, at most 1,000. Tenants seen first keep a label
   * of their own, the rest is counted under `"(other)"`. The metrics then show the names of tenants to everyone who may read them.
   * @default false
   */
  readonly tenants?: boolean | number | undefined;
  /** Counters by spend label (`tags` of a call), bounded in the same way. @default false */
  readonly tags?: boolean | number | undefined;
}

/**
 * Puts a router's metrics on a registry. Histograms are filled as calls end; the rest is read from the router when it
 * is scraped.
 *
 * @returns what takes the metrics off the registry again
 * @throws SignalboxError `invalid_options` for a wrong option, or a prefix that is taken
 * @example
 * exportMetrics(router, { register });
 * app.get("/metrics", async (_, response) => response.type(register.contentType).send(await register.metrics()));
 */
export function exportMetrics(router: RouterLike, options: ExportMetricsOptions = {}): () => void {
  checkMethods(router, "router", ["stats", "health", "on", "off"], "a router");
  checkOptions(options, "exportMetrics", ["register", "prefix", "tenants", "tags"]);
  const { register = globalRegister, prefix = "signalbox_" } = options;
  checkMethods(register, "register", ["getSingleMetric", "registerMetric"], "a registry of prom-client");
  if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(prefix))
    throw invalidOption("prefix", "must begin a metric's name: letters, digits, _");
  const labels = { tenant: labelBound(options.tenants, "tenants"), tag: labelBound(options.tags, "tags") };
  if (register.getSingleMetric(`${prefix}requests_total`))
    throw invalidOption("prefix", `${prefix} is taken on this registry`);

  const labelsOf = createLabels();
  const histograms = createHistograms(register, prefix, labelsOf);
  const scraped = createScraped({ register, prefix, router, labelsOf, labels });

  router.on("attempt", histograms.attempt);
  router.on("done", histograms.done);
  return () => {
    router.off("attempt", histograms.attempt);
    router.off("done", histograms.done);
    for (const metric of [...histograms.metrics, ...scraped]) {
      register.removeSingleMetric((metric as unknown as { readonly name: string }).name);
    }
  };
}
