import { describe, expect, it } from "vitest";
import * as needs from "../../../src/chat/needs.js";
import type { ChatRequest } from "../../../src/chat/request.js";

const of = (request: object) =>
  needs.needsOf({ messages: [{ role: "user", content: "x" }], ...request } as ChatRequest);
const parts = (...content: object[]) => of({ messages: [{ role: "user", content }] });
const tools = [{ type: "function", function: { name: "f" } }];

describe("needsOf", () => {
  it("is 0 for plain text", () => {
    expect(of({})).toBe(0);
    expect(of({ tools: [], response_format: { type: "text" }, tool_choice: "auto" })).toBe(0);
    expect(parts({ type: "text", text: "x" })).toBe(0);
  });

  it("sees tools offered and tools in the history", () => {
    expect(of({ tools })).toBe(needs.NEED_TOOLS);
    expect(of({ tools, tool_choice: "none" })).toBe(needs.NEED_TOOLS);
    expect(of({ functions: [{ name: "f" }] })).toBe(needs.NEED_TOOLS);
    expect(of({ messages: [{ role: "tool", content: "x", tool_call_id: "a" }] })).toBe(needs.NEED_TOOLS);
    const calls = [{ id: "a", type: "function", function: { name: "f", arguments: "{}" } }];
    expect(of({ messages: [{ role: "assistant", content: null, tool_calls: calls }] })).toBe(needs.NEED_TOOLS);
  });

  it("sees a forced choice", () => {
    const forced = needs.NEED_TOOLS | needs.NEED_FORCED_TOOL;
    expect(of({ tools, tool_choice: "required" })).toBe(forced);
    expect(of({ tools, tool_choice: { type: "function", function: { name: "f" } } })).toBe(forced);
    expect(of({ tools, tool_choice: { type: "allowed_tools", allowed_tools: { mode: "auto", tools: [] } } })).toBe(
      needs.NEED_TOOLS,
    );
    expect(of({ tools, tool_choice: { type: "allowed_tools", allowed_tools: { mode: "required", tools: [] } } })).toBe(
      forced,
    );
    expect(of({ tool_choice: "required" })).toBe(0);
  });

  it("tells inline pictures from addresses, whoever sent them", () => {
    expect(parts({ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } })).toBe(needs.NEED_VISION_DATA);
    expect(parts({ type: "image_url", image_url: { url: "HTTPS://x/y.png" } })).toBe(needs.NEED_VISION_URL);
    expect(parts({ type: "image_url", image_url: { url: "ms://file" } })).toBe(needs.NEED_VISION_DATA);
    expect(parts({ type: "video_url", video_url: { url: "http://x/y.mp4" } })).toBe(needs.NEED_VISION_URL);
    const both = parts(
      { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
      { type: "image_url", image_url: { url: "https://x/y.png" } },
    );
    expect(both).toBe(needs.NEED_VISION_DATA | needs.NEED_VISION_URL);
  });

  it("sees sound, files and JSON", () => {
    expect(parts({ type: "input_audio", input_audio: { data: "", format: "wav" } })).toBe(needs.NEED_AUDIO);
    expect(of({ modalities: ["text", "audio"] })).toBe(needs.NEED_AUDIO);
    expect(parts({ type: "file", file: { file_id: "x" } })).toBe(needs.NEED_FILES);
    expect(of({ response_format: { type: "json_object" } })).toBe(needs.NEED_JSON_OBJECT);
    expect(of({ response_format: { type: "json_schema", json_schema: { name: "x" } } })).toBe(needs.NEED_JSON_SCHEMA);
  });

  it("does not walk a content that only says how long it is", () => {
    expect(of({ messages: [{ role: "user", content: { length: 1e49 } }] })).toBe(0);
  });

  it("is not fooled by words: a request that talks of pictures needs none", () => {
    expect(of({ messages: [{ role: "user", content: "data:image/png;base64,AAAA look at this image_url" }] })).toBe(0);
  });
});
