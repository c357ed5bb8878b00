import * as valibot from "valibot";
import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import * as mini from "zod/mini";
import {
  type InferOutput,
  isStandardSchema,
  jsonInstruction,
  jsonSchemaOf,
  type StandardSchemaV1,
} from "../../../src/chat/standard-schema.js";
import { validateOutput } from "../../../src/chat/validate-output.js";

const zodSchema = z.object({ name: z.string(), tags: z.array(z.string()) });
const schemas: [string, StandardSchemaV1<unknown, { name: string; tags: string[] }>][] = [
  ["zod", zodSchema],
  ["zod/mini", mini.object({ name: mini.string(), tags: mini.array(mini.string()) })],
  ["valibot", valibot.object({ name: valibot.string(), tags: valibot.array(valibot.string()) })],
];

describe.each(schemas)("validateOutput with %s", (_vendor, schema) => {
  it("gives the value of a good answer, fenced or not", async () => {
    const value = { name: "a", tags: ["b"] };
    expect(await validateOutput(schema, JSON.stringify(value))).toEqual({ value });
    expect(await validateOutput(schema, `Sure:\n\`\`\`json\n${JSON.stringify(value)}\n\`\`\``)).toEqual({ value });
  });

  it("names the path of what is wrong", async () => {
    const result = await validateOutput(schema, '{"name":"a","tags":["b",3]}');
    expect(result).toEqual({ issues: [{ path: "tags[1]", message: expect.any(String) }] });
  });

  it("says so when there is no JSON", async () => {
    expect(await validateOutput(schema, "I cannot.")).toEqual({
      issues: [{ path: "", message: "the answer holds no JSON" }],
    });
  });

  it("is a schema", () => {
    expect(isStandardSchema(schema)).toBe(true);
  });
});

describe("validateOutput", () => {
  const custom = (validate: StandardSchemaV1["~standard"]["validate"]): StandardSchemaV1 => ({
    "~standard": { version: 1, vendor: "test", validate },
  });

  it("waits for a schema that takes its time, and outlives one that throws", async () => {
    expect(
      await validateOutput(
        custom(async (value) => ({ value: [value] })),
        "1",
      ),
    ).toEqual({ value: [1] });
    const thrown = custom(() => {
      throw new Error("secret");
    });
    expect(await validateOutput(thrown, "1")).toEqual({ issues: [{ path: "", message: "the schema itself failed" }] });
    expect(
      await validateOutput(
        custom(() => Promise.reject(new Error("x"))),
        "1",
      ),
    ).toHaveProperty("issues");
  });

  it("reads path segments of both forms and keeps the list short", async () => {
    const issues = Array.from({ length: 50 }, (_, i) => ({ message: "m", path: [{ key: "a" }, i, "b"] }));
    const result = await validateOutput(
      custom(() => ({ issues })),
      "1",
    );
    expect("issues" in result && result.issues).toHaveLength(20);
    expect("issues" in result && result.issues[1]?.path).toBe("a[1].b");
  });

  it("infers what a schema lets through", () => {
    expectTypeOf<InferOutput<typeof zodSchema>>().toEqualTypeOf<{ name: string; tags: string[] }>();
    for (const value of [null, 1, {}, { "~standard": { version: 2, validate: () => 1 } }])
      expect(isStandardSchema(value)).toBe(false);
  });

  it("tells a model without JSON mode what is wanted, with the shape where the schema can write it", () => {
    const bare = custom((value) => ({ value }));
    expect(jsonSchemaOf(bare)).toBeNull();
    expect(jsonInstruction(bare)).toMatch(/one JSON value/);
    const withShape: StandardSchemaV1 = {
      "~standard": { ...bare["~standard"], jsonSchema: { input: () => ({ type: "object" }) } },
    };
    expect(jsonInstruction(withShape)).toContain('{"type":"object"}');
    const failing: StandardSchemaV1 = {
      "~standard": {
        ...bare["~standard"],
        jsonSchema: {
          input: () => {
            throw new Error("cannot");
          },
        },
      },
    };
    expect(jsonSchemaOf(failing)).toBeNull();
    expect(jsonSchemaOf(zodSchema)).toMatchObject({ type: "object", required: ["name", "tags"] });
  });
});
