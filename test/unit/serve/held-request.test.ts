import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createRouter } from "signalbox";
import { createFetch } from "signalbox/openai";
import { expect, it } from "vitest";
import { deltaChunk, modelInfo } from "../integrations/support.js";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

it("a caller that leaves a stream ends the call, though nobody holds its request any more", async () => {
  let ended = false;
  const provider = {
    id: "a",
    models: [modelInfo("m1")],
    async *stream(_: unknown, { signal }: { signal: AbortSignal }) {
      yield deltaChunk({ content: "Hi" });
      await new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          ended = true;
          reject(signal.reason);
        });
      });
    },
  };
  const router = createRouter({ providers: [provider] });
  const fetch = createFetch(router);
  const controller = new AbortController();
  const body = JSON.stringify({ model: "auto", stream: true, messages: [{ role: "user", content: "Hello" }] });
  const send = (): Promise<Response> =>
    fetch(new Request("http://door/v1/chat/completions", { method: "POST", body, signal: controller.signal }));
  const reader = (await send()).body!.getReader();
  await reader.read();
  const rest = reader.read().catch(() => undefined);
  for (let i = 0; i < 5; i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    collectGarbage();
  }
  controller.abort();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(ended).toBe(true);
  await rest;
  await router.close();
});
