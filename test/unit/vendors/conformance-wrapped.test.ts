import { describe, test } from "vitest";
import type { Provider } from "../../../src/contract/provider.js";
import { cached } from "../../../src/engine/cached.js";
import { createRouter } from "../../../src/preset/create-router.js";
import { runProviderConformance } from "../../../src/testing/conformance/provider.js";
import type { ProviderConformanceOptions } from "../../../src/testing/conformance/provider-scenarios.js";
import { startWireUpstream } from "../../../src/testing/index.js";
import { openaiCompatible } from "../../../src/vendors/openai-compatible.js";
import { MODEL } from "./loopback.js";

const apiKey = "sk-conformance-secret-0123456789";

/** What stands around a provider that keeps the contract must keep it too. */
function around(wrap: (provider: Provider) => Provider & { close?(): unknown }): ProviderConformanceOptions {
  return {
    secrets: [apiKey],
    async setUp(scenario) {
      const upstream = await startWireUpstream("openai", scenario);
      const provider = wrap(openaiCompatible({ id: "plain", apiKey, baseURL: `${upstream.url}/v1`, models: [MODEL] }));
      return {
        provider,
        upstream,
        async close() {
          await provider.close?.();
          await upstream.close();
        },
      };
    },
  };
}

for (const mode of ["full", "response", "context", "none"] as const) {
  describe(`conformance: cached() in mode ${mode}`, () => {
    runProviderConformance(
      { test },
      around((provider) => cached(provider, { mode })),
    );
  });
}

describe("conformance: a router", () => {
  runProviderConformance(
    { test },
    around((provider) => createRouter({ providers: [provider], retry: { attempts: 1 } })),
  );
});

describe("conformance: a router with a cache", () => {
  runProviderConformance(
    { test },
    around((provider) => createRouter({ providers: [provider], retry: { attempts: 1 }, cache: {} })),
  );
});

describe("conformance: a router within a router", () => {
  runProviderConformance(
    { test },
    around((provider) => {
      const inner = createRouter({ id: "inner", providers: [provider], retry: { attempts: 1 } });
      return createRouter({ providers: [inner], retry: { attempts: 1 } });
    }),
  );
});
