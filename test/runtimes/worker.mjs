import { createRouter, openaiCompatible, SignalboxError } from "signalbox";
import { scenario } from "./scenario.mjs";

// A router made while the worker loads, as apps do: nothing random, no timer and no I/O may be needed for that.
createRouter({ providers: [openaiCompatible({ id: "early", baseURL: "https://example.com", models: ["m"] })] });

export default {
  async fetch(request) {
    const base = new URL(request.url).searchParams.get("base");
    try {
      return new Response(await scenario({ createRouter, openaiCompatible, SignalboxError }, base));
    } catch (error) {
      return new Response(String(error?.stack ?? error), { status: 500 });
    }
  },
};
