import { expect, it } from "vitest";
import { CALL_OPTIONS } from "../../../src/chat/check.js";
import { createRouter, simulated } from "../../../src/index.js";

const messages = [{ role: "user" as const, content: "x" }];

it.each([...CALL_OPTIONS])("%s among the request's fields is an error that says where it belongs", async (name) => {
  const provider = simulated();
  const router = createRouter({ providers: [provider] });
  const request = { messages, [name]: name === "timeoutMs" ? 5 : "x" };
  const error = await router.chat(request as never).catch((thrown) => thrown);
  expect(error).toMatchObject({ kind: "invalid_request", path: name });
  expect(error.message).toContain(`second argument, chat(request, { ${name} })`);
  expect(provider.calls).toBe(0);
});

it("metadata is both a field and an option", async () => {
  const router = createRouter({ providers: [simulated()] });
  await router.chat({ messages, metadata: { k: "v" } }, { metadata: { k: "v" } });
});

it("the list holds every option of a call but metadata", async () => {
  const router = createRouter({ providers: [simulated()] });
  const error = await router.chat({ messages }, { nonsense: 1 } as never).catch((thrown) => thrown);
  const known = (/known are (.*)$/.exec(error.message)?.[1] ?? "").split(", ");
  expect(known.length).toBeGreaterThan(15);
  expect(known.filter((name) => name !== "metadata" && !CALL_OPTIONS.has(name))).toEqual([]);
});

it("stream: true given to chat() says what to call", async () => {
  const provider = simulated();
  const router = createRouter({ providers: [provider] });
  const error = await router.chat({ messages, stream: true }).catch((thrown) => thrown);
  expect(error).toMatchObject({ kind: "invalid_request", path: "stream" });
  expect(error.message).toContain("stream(request)");
  expect(provider.calls).toBe(0);
  expect(await router.stream({ messages, stream: true }).text()).toContain("simulated");
});
