import ts from "typescript";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ROOT } from "../house/sources.js";

const COMPLETION = {
  id: "c-1",
  object: "chat.completion",
  created: 1,
  model: "any",
  choices: [{ index: 0, message: { role: "assistant", content: "Because." }, finish_reason: "stop" }],
  usage: { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 },
};

/** Every vendor at once: whatever it is asked, in whichever form. */
const answer = async (_url: unknown, init?: { body?: unknown }): Promise<Response> => {
  const request = JSON.parse(String(init?.body)) as { stream?: boolean };
  if (request.stream !== true) return Response.json(COMPLETION);
  const { choices, ...head } = { ...COMPLETION, object: "chat.completion.chunk" };
  const events = [
    { ...head, usage: null, choices: [{ index: 0, delta: choices[0]?.message, finish_reason: null }] },
    { ...head, choices: [{ index: 0, delta: {}, finish_reason: "stop" }] },
  ];
  const text = [...events.map((event) => JSON.stringify(event)), "[DONE]"].map((data) => `data: ${data}\n\n`).join("");
  return new Response(text, { headers: { "content-type": "text/event-stream" } });
};

afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("the programs of the design", () => {
  it("compile as printed, under strict flags", { timeout: 120_000 }, () => {
    const config = ts.getParsedCommandLineOfConfigFile(`${ROOT}test/types/tsconfig.json`, {}, {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
        throw new Error(String(diagnostic.messageText));
      },
    });
    const program = ts.createProgram(config?.fileNames ?? [], config?.options ?? {});
    const ours = ts.getPreEmitDiagnostics(program).filter(({ file }) => !file?.fileName.includes("/node_modules/"));
    expect(ours.map(({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`)).toEqual([]);
    expect(config?.fileNames).toHaveLength(3);
  });

  it("the first program runs", async () => {
    for (const name of ["MINIMAX_API_KEY", "ZAI_API_KEY", "MOONSHOT_API_KEY"]) vi.stubEnv(name, "a-key");
    vi.stubGlobal("fetch", vi.fn(answer));
    const written = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    await import("./design-programs.js");
    expect(written.mock.calls.map(([text]) => text).join("")).toContain("Because.");
    expect(fetch).toHaveBeenCalled();
  });

  it("decorators of providers and routers run", async () => {
    const { spiedOn, texts } = await import("./design-decorators.js");
    expect(texts).toEqual(["whole", "streamed", "streamed"]);
    expect(spiedOn).toBe(2);
  });

  it("the custom strategy and the custom provider run", async () => {
    const { answers } = await import("./design-strategy.js");
    expect(answers).toEqual(["hello", "cheapest-first"]);
  });
});
