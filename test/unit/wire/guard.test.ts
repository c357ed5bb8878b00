import { describe, expect, it } from "vitest";
import { SignalboxError } from "../../../src/errors/signalbox-error.js";
import { assertApiKey, assertBaseUrl, assertHeaders } from "../../../src/wire/guard.js";

function problem(run: () => unknown): SignalboxError {
  try {
    run();
  } catch (error) {
    if (SignalboxError.isInstance(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("base URLs", () => {
  it.each([
    ["https://api.example.com/v1", "https://api.example.com/v1"],
    [" https://api.example.com/v1/// ", "https://api.example.com/v1"],
    ["https://api.example.com", "https://api.example.com"],
    ["http://localhost:8080/v1", "http://localhost:8080/v1"],
    ["http://api.localhost/v1", "http://api.localhost/v1"],
    ["http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1"],
    ["http://127.9.9.9/v1", "http://127.9.9.9/v1"],
    ["http://[::1]:80/v1", "http://[::1]/v1"],
  ])("takes %j", (url, expected) => expect(assertBaseUrl(url, "baseURL")).toBe(expected));

  it.each([
    undefined,
    null,
    7,
    "",
    "nonsense",
    "/v1",
    "http://api.example.com/v1",
    "http://127.0.0.1.example.com/v1",
    "http://localhost.example.com/v1",
    "http://10.0.0.1/v1",
    "ftp://localhost/v1",
    "file:///etc/passwd",
    "https://user:hunter2@api.example.com/v1",
    "https://hunter2@api.example.com/v1",
    "https://api.example.com/v1?key=hunter2",
    "https://api.example.com/v1#hunter2",
  ])("refuses %j, and does not repeat it", (url) => {
    const error = problem(() => assertBaseUrl(url, "providers[0].baseURL"));
    expect(error).toMatchObject({ kind: "invalid_options", path: "providers[0].baseURL" });
    expect(error.message).not.toContain("hunter2");
  });

  it("takes plain http anywhere where that is allowed, and still nothing but http", () => {
    const allowed = { allowInsecureHttp: true };
    expect(assertBaseUrl("http://10.0.0.1/v1", "baseURL", allowed)).toBe("http://10.0.0.1/v1");
    expect(problem(() => assertBaseUrl("ftp://10.0.0.1/v1", "baseURL", allowed)).kind).toBe("invalid_options");
  });
});

describe("headers", () => {
  it("takes plain ones, in lower case", () => {
    expect(assertHeaders({ "X-Team": " search ", "x-b": "" }, "headers")).toEqual({ "x-team": "search", "x-b": "" });
    expect(assertHeaders(undefined, "headers")).toEqual({});
  });

  it.each([
    "Authorization",
    "Host",
    "Content-Length",
    "Transfer-Encoding",
    "Cookie",
    "Proxy-Authorization",
    "connection",
    "bad name",
    "na\nme",
    "",
  ])("refuses the name %j", (name) => {
    expect(problem(() => assertHeaders({ [name]: "hunter2" }, "headers"))).toMatchObject({ kind: "invalid_options" });
  });

  it.each(["two\r\nlines", "tab\u0000", "höhe", "漢", 7, null, undefined, ["a"]])(
    "refuses the value %j, and does not repeat it",
    (value) => {
      const error = problem(() => assertHeaders({ "x-a": value }, "headers"));
      expect(error).toMatchObject({ kind: "invalid_options", path: "headers.x-a" });
      expect(error.message).toBe("headers.x-a must be visible ASCII");
    },
  );

  it("refuses what is no object, and keys that are no headers", () => {
    for (const other of ["x-a: b", new Headers({ "x-a": "b" }), new Map([["x-a", "b"]]), [["x-a", "b"]]]) {
      expect(problem(() => assertHeaders(other, "headers")).path).toBe("headers");
    }
    expect(problem(() => assertHeaders(JSON.parse('{"__proto__":"x"}'), "headers")).path).toBe("headers");
  });
});

describe("keys", () => {
  it("takes a visible one, trimmed", () => expect(assertApiKey(" sk-1 \n", "apiKey")).toBe("sk-1"));

  it.each(["", "  ", "two words", "line\nbreak", "schlüssel", "密钥", "\u0000", 7, null, undefined])(
    "refuses %j, and does not repeat it",
    (key) => {
      const error = problem(() => assertApiKey(key, "glm.apiKey"));
      expect(error).toMatchObject({ kind: "invalid_options", path: "glm.apiKey" });
      expect(error.message).toBe(
        "glm.apiKey must be one or more visible ASCII characters, without spaces or line breaks",
      );
    },
  );
});
