import { describe, expect, it } from "vitest";
import { classify } from "../../../src/errors/classify.js";
import { ERROR_KINDS } from "../../../src/errors/kinds.js";
import type { VendorCodes } from "../../../src/errors/vendor-codes.js";
import { createRouter } from "../../../src/preset/create-router.js";
import { VENDOR_ERRORS } from "../../../src/testing/fault-server/index.js";
import { GLM_CODES } from "../../../src/vendors/codes/glm.js";
import { KIMI_CODES } from "../../../src/vendors/codes/kimi.js";
import { MINIMAX_CODES } from "../../../src/vendors/codes/minimax.js";
import { glm } from "../../../src/vendors/glm.js";
import { context, failureOf, HELLO, json, startLoopback } from "./loopback.js";

const server = await startLoopback();
type Row = readonly [status: number, body: unknown, wanted: string];

function kindOf(codes: VendorCodes | undefined, status: number, body: unknown): string {
  const error = classify({ status, body }, { provider: "p", codes, nowWallMs: 0 });
  return error.detail === undefined ? error.kind : `${error.kind}/${error.detail}`;
}

const mini = (message: string, status = 400): Row[1] => ({
  type: "error",
  error: { type: "bad_request_error", message, http_code: String(status) },
});
const base = (status_code: number) => ({ base_resp: { status_code, status_msg: "no" }, choices: null });
const zai = (code: string, message = "no") => ({ error: { code, message } });
const moon = (type: string, message = "no") => ({ error: { type, message } });
const plain = (type: string, code?: string) => ({ error: { type, code, message: "no" } });

const MINIMAX: readonly Row[] = [
  [401, { type: "error", error: { type: "authorized_error", message: "login fail (1004)" } }, "auth"],
  [200, base(1004), "auth"],
  [401, mini("invalid api key (2049)"), "auth"],
  [403, mini("your plan does not support this model (2061)"), "permission/plan"],
  [400, mini("invalid params, unknown model 'x' (2013)"), "model_not_found"],
  [400, mini("invalid params, messages is empty (2013)"), "invalid_request"],
  [400, mini("invalid params, context window exceeds limit (2013)"), "context_length"],
  [400, mini("invalid params, invalid function arguments json string (2013)"), "unsupported/history"],
  [400, mini("requires adaptive thinking (2013)"), "unsupported/parameter"],
  [200, base(1039), "context_length"],
  [429, mini("token rate limit, try again later (1039)"), "rate_limit"],
  [200, base(1026), "content_filter/input"],
  [200, base(1027), "content_filter/output"],
  [200, base(1002), "rate_limit"],
  [400, mini("input new_sensitive content (1002)"), "content_filter"],
  [200, base(1041), "rate_limit"],
  [200, base(2045), "rate_limit"],
  [500, mini("insufficient balance (1008)"), "quota"],
  [429, mini("usage limit exceeded (2056)"), "quota/plan"],
  [200, base(1033), "overloaded"],
  [500, mini("system busy (1000)"), "overloaded"],
  [500, mini("unknown error, 999 (1000)"), "server"],
  [200, base(1024), "server"],
  [200, base(1001), "timeout/upstream"],
  [500, mini("something new (7777)"), "server"],
];

const GLM: readonly Row[] = [
  ...["1000", "1001", "1002", "1003", "1004"].map((code): Row => [401, zai(code), "auth"]),
  ...["434", "1110", "1111", "1220"].map((code): Row => [429, zai(code), "permission"]),
  [429, zai("1121"), "permission/locked"],
  [429, zai("1112"), "permission/locked"],
  [429, zai("1311"), "permission/plan"],
  [400, zai("1211"), "model_not_found"],
  [400, zai("1212"), "model_not_found/method"],
  [400, zai("1221"), "model_not_found/api"],
  ...["1210", "1213", "1214", "1215", "1230"].map((code): Row => [400, zai(code), "invalid_request"]),
  [400, zai("1210", "max_tokens 不支持"), "unsupported/parameter"],
  [400, zai("1231"), "invalid_request/duplicate"],
  [400, zai("1261", "Prompt 超长"), "context_length"],
  [400, zai("1301", "敏感"), "content_filter"],
  [429, zai("1302"), "rate_limit"],
  [429, zai("1303"), "rate_limit"],
  [429, zai("1313"), "rate_limit/fair_use"],
  [429, zai("1113"), "quota"],
  [429, zai("1304"), "quota/day"],
  ...["1308", "1309", "1310", "1316", "1317", "1318", "1319", "1320", "1321"].map(
    (code): Row => [429, zai(code), "quota/plan"],
  ),
  [429, zai("1305"), "overloaded"],
  [429, zai("1312"), "overloaded"],
  ...["500", "1120", "1200"].map((code): Row => [500, zai(code), "server"]),
  [500, zai("1234"), "server/upstream_network"],
  [200, zai("1302"), "rate_limit"],
  [429, zai("9999"), "rate_limit/unclassified"],
];

const KIMI: readonly Row[] = [
  [401, moon("invalid_authentication_error"), "auth"],
  [401, moon("incorrect_api_key_error"), "auth"],
  [403, moon("permission_denied_error"), "permission"],
  [
    403,
    moon("access_terminated_error", "Kimi For Coding is currently only available for Coding Agents"),
    "permission/plan",
  ],
  [404, moon("resource_not_found_error", "Not found the model or Permission denied"), "model_not_found"],
  [
    400,
    moon("invalid_request_error", "invalid temperature: only 1 is allowed for this model"),
    "unsupported/parameter",
  ],
  [
    400,
    moon(
      "invalid_request_error",
      "thinking is enabled but reasoning_content is missing in assistant tool call message at index 2",
    ),
    "unsupported/history",
  ],
  [400, moon("invalid_request_error", "text content is empty"), "unsupported/history"],
  [400, moon("invalid_request_error", "unsupported image url: https"), "unsupported/parameter"],
  [400, moon("invalid_request_error", "messages must not be empty"), "invalid_request"],
  [400, moon("invalid_request_error", "Your request exceeded model token limit: 262144"), "context_length"],
  [400, moon("invalid_request_error", "Input token length too long"), "context_length"],
  [400, moon("content_filter", "high risk"), "content_filter"],
  [429, moon("rate_limit_reached_error", "max RPM: 3, please try again after 1 seconds"), "rate_limit"],
  [429, moon("exceeded_current_quota_error", "suspended due to insufficient balance"), "quota"],
  [403, moon("rate_limit_error", "You have reached your usage limit"), "quota/plan"],
  [429, moon("rate_limit_error", "The engine is currently overloaded, please try again later"), "overloaded"],
  [429, moon("engine_overloaded_error", "The engine is currently overloaded"), "overloaded"],
  [429, moon("rate_limit_error", "We are receiving too many requests at the moment"), "overloaded"],
  [500, moon("server_error"), "server"],
  [504, moon("never_seen"), "server"],
];

const GENERIC: readonly Row[] = [
  [401, plain("x"), "auth"],
  [401, {}, "auth"],
  [403, plain("permission_error"), "permission"],
  [404, {}, "model_not_found"],
  [400, plain("invalid_request_error"), "invalid_request"],
  [422, {}, "invalid_request"],
  [413, {}, "context_length/payload"],
  [400, plain("invalid_request_error", "context_length_exceeded"), "context_length"],
  [400, plain("invalid_request_error", "content_filter"), "content_filter"],
  [429, {}, "rate_limit"],
  [402, {}, "quota"],
  [429, plain("insufficient_quota", "insufficient_quota"), "quota"],
  [400, plain("billing_error"), "quota"],
  [503, {}, "overloaded"],
  [529, plain("overloaded_error"), "overloaded"],
  [500, {}, "server"],
  [502, "<html>bad gateway", "server"],
  [524, {}, "server"],
  [408, {}, "timeout/upstream"],
  [504, {}, "server"],
  [200, plain("never_seen"), "server"],
  [200, {}, "malformed_response/shape"],
];

describe("what vendors' errors mean", () => {
  it.each(MINIMAX)("MiniMax: %i %j is %s", (status, body, wanted) => {
    expect(kindOf(MINIMAX_CODES, status, body)).toBe(wanted);
  });
  it.each(GLM)("GLM: %i %j is %s", (status, body, wanted) => {
    expect(kindOf(GLM_CODES, status, body)).toBe(wanted);
  });
  it.each(KIMI)("Kimi: %i %j is %s", (status, body, wanted) => {
    expect(kindOf(KIMI_CODES, status, body)).toBe(wanted);
  });
  it.each(GENERIC)("anyone: %i %j is %s", (status, body, wanted) => {
    expect(kindOf(undefined, status, body)).toBe(wanted);
  });

  it("name known kinds alone, with linear patterns", () => {
    for (const codes of [MINIMAX_CODES, GLM_CODES, KIMI_CODES]) {
      const rows = Object.values(codes.codes ?? {}).flatMap((row) => [row, ...(row.refine ?? [])]);
      for (const row of [...rows, ...(codes.patterns ?? [])]) expect(ERROR_KINDS).toContain(row.kind);
    }
  });

  it("a code that no table knows is told once, and counted", async () => {
    server.answer(json(zai("1777", "new"), 400));
    const provider = glm({ apiKey: "k", baseURL: `${server.url}/v1`, models: ["glm-5.3"] });
    const router = createRouter({ providers: [provider] });
    const warnings: string[] = [];
    router.on("warning", ({ code, message }) => void warnings.push(`${code}: ${message}`));
    for (let i = 0; i < 3; i += 1) await failureOf(router.chat({ messages: HELLO }));
    expect(warnings).toEqual([expect.stringMatching(/^unclassified_code: glm\/glm-5\.3: .*1777/)]);
    expect(router.stats().attempts).toMatchObject({ attempts: 3, unclassified: 3, errors: { invalid_request: 3 } });
    await router.close();
  });

  it("can be extended by the user, whose word wins; unknown codes say that they are", async () => {
    const options = { apiKey: "k", baseURL: `${server.url}/v1` };
    server.answer(json(zai("1777", "new"), 400));
    const ask = (provider: ReturnType<typeof glm>) => failureOf(provider.chat({ messages: HELLO }, context()));
    expect(await ask(glm(options))).toMatchObject({
      kind: "invalid_request",
      detail: "unclassified",
      vendorCode: "1777",
    });
    const codes = { codes: { "1777": { kind: "quota" as const }, "1302": { kind: "overloaded" as const } } };
    expect((await ask(glm({ ...options, codes }))).kind).toBe("quota");
    server.answer(json(zai("1302"), 429));
    expect((await ask(glm({ ...options, codes }))).kind).toBe("overloaded");
    // The Anthropic route of this vendor answers in the vendor's own shape.
    expect((await ask(glm({ ...options, wire: "anthropic" }))).kind).toBe("rate_limit");
  });
});

describe("the errors that signalbox/testing plays", () => {
  // Those whose name is no kind, or that the vendor's table refines.
  const meant: { readonly [name: string]: string } = {
    "minimax.quota_500": "quota",
    "minimax.plan_window": "quota",
    "minimax.invalid_request": "unsupported",
    "glm.concurrency": "rate_limit",
    "glm.plan_limit": "quota",
    "glm.locked": "permission",
    "kimi.temperature": "unsupported",
    "kimi.payload": "context_length",
    "anthropic.billing": "quota",
    "anthropic.not_found": "model_not_found",
    "anthropic.too_large": "context_length",
  };
  const tables: { readonly [vendor: string]: VendorCodes } = {
    minimax: MINIMAX_CODES,
    glm: GLM_CODES,
    kimi: KIMI_CODES,
  };
  const all = Object.entries(VENDOR_ERRORS).flatMap(([vendor, errors]) =>
    Object.entries(errors).map(([name, { status, body }]) => [`${vendor}.${name}`, vendor, status, body] as const),
  );

  it.each(all)("%s is what it is called", (name, vendor, status, body) => {
    const kind = kindOf(tables[vendor], status, body).split("/")[0];
    expect(kind).toBe(meant[name] ?? name.split(".")[1]);
  });
});
