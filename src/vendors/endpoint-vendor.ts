import type { ModelInfo, Provider } from "../contract/provider.js";
import { systemClock } from "../core/clock.js";
import { checkId, checkOptions } from "../errors/check-options.js";
import { invalidOption } from "../errors/signalbox-error.js";
import type { VendorCodes } from "../errors/vendor-codes.js";
import type { WireCodec } from "../wire/codec.js";
import { type Dialect, PLAIN_DIALECT } from "../wire/dialect.js";
import { assertHeaders } from "../wire/guard.js";
import { openaiWire } from "../wire/openai/index.js";
import { readBaseUrl } from "./base-url.js";
import { createHttpProvider, type HttpProvider } from "./http-provider.js";
import { readKeys } from "./keys.js";
import { mergeCodes } from "./merge-codes.js";
import { withModelRules } from "./model-rules.js";
import { type ModelOption, readAutoModels, readModels } from "./models.js";
import { checkShared, ENDPOINT_OPTION_NAMES, type EndpointOptions } from "./openai-compatible.js";

/** Options of the vendors of `signalbox/vendors`; each may be left out, unless the vendor's own page says otherwise. */
export interface EndpointVendorOptions extends EndpointOptions {
  /** Unique in a router; two instances of a vendor need two ids. @default the vendor's name */
  readonly id?: string | undefined;
  /** Asked in place of the vendor's endpoint, such as a regional address or a proxy. @default the vendor's endpoint */
  readonly baseURL?: string | undefined;
  /**
   * What is offered: ids, or objects with facts. Facts of the dated catalogue fill in what is not given; for a model that
   * it does not list, cautious guesses do. @default the models of the catalogue
   */
  readonly models?: readonly ModelOption[] | undefined;
}

/** A vendor as one row of data: where it is, what it speaks and what it sells. */
export interface EndpointRow {
  /** The provider's default id. */
  readonly id: string;
  /** The vendor's address; without one the user must give `baseURL`, and this text says what it looks like. */
  readonly baseURL: string | { readonly looksLike: string };
  /** Environment variables that may hold the key, the usual one first; empty for servers that need none. */
  readonly variables: readonly string[];
  /** The models of the dated catalogue. @default none: the user names the models */
  readonly models?: readonly ModelInfo[] | undefined;
  /** What `"auto"` may choose, if offered. @default every model */
  readonly autoModels?: readonly string[] | undefined;
  /** Ids that no longer answer, each with its successor. @default none */
  readonly retired?: { readonly [id: string]: string } | undefined;
  /** What is spoken. @default OpenAI chat completions with a bearer key */
  readonly codec?: WireCodec | undefined;
  /** How a model wants to be spoken to, where it differs from a strict OpenAI-compatible endpoint. @default no difference */
  readonly dialect?: ((model: ModelInfo) => Partial<Dialect>) | undefined;
  /** Error words of the vendor beyond the usual ones. @default none */
  readonly codes?: VendorCodes | undefined;
  /** How long the vendor keeps a prompt prefix, and from which size. @default nothing is assumed */
  readonly prefixCache?: Provider["prefixCache"];
}

/** Makes a provider of a vendor. */
export type EndpointVendor = (options?: EndpointVendorOptions) => HttpProvider;

/** Makes the function that users call from a vendor's row. */
export function endpointVendor(row: EndpointRow): EndpointVendor {
  return (options = {}) => createEndpointVendor(row, options);
}

function createEndpointVendor(row: EndpointRow, options: EndpointVendorOptions): HttpProvider {
  checkOptions(options, row.id, ["id", "baseURL", "models", ...ENDPOINT_OPTION_NAMES]);
  checkShared(options);
  const codec = row.codec ?? openaiWire;
  const clock = options.clock ?? systemClock;
  const models = readModels(options.models, {
    models: row.models ?? [],
    retired: row.retired ?? {},
    unlisted: "guess",
  });
  return createHttpProvider({
    id: checkId(options.id ?? row.id),
    models,
    autoModels: readAutoModels(options.autoModels, models, row.autoModels ?? []),
    baseURL: readBaseUrl(
      options.baseURL ?? addressOf(row),
      codec.path === openaiWire.path ? "openai" : "anthropic",
      options.allowInsecureHttp,
    ),
    codec,
    keys: readKeys(options.apiKey, row.variables, clock.now),
    variables: row.variables,
    headers: assertHeaders(options.headers, "headers"),
    fetch: options.fetch,
    transport: options.transport,
    clock,
    codes: row.codes ? mergeCodes(row.codes, options.codes) : options.codes,
    dialectOf(model) {
      const ruled = withModelRules({ ...PLAIN_DIALECT, json: model.capabilities.json }, model.id);
      const dialect: Dialect = { ...ruled, ...row.dialect?.(model) };
      return options.streamUsage === undefined ? dialect : { ...dialect, streamUsage: options.streamUsage };
    },
    chatUpstream: options.chatUpstream ?? "auto",
    unlimitedWritesLong: false,
    prefixCache: options.prefixCache ?? row.prefixCache,
    tags: options.tags,
    timeouts: options.timeouts,
  });
}

function addressOf({ baseURL }: EndpointRow): string {
  if (typeof baseURL === "string") return baseURL;
  throw invalidOption("baseURL", `must be the address of your own resource, such as ${baseURL.looksLike}`);
}
