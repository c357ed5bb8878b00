import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  answers,
  createFaultServer,
  garbage,
  halfHeaders,
  json,
  resetAfterRequest,
  roleEvent,
  stream,
  textEvent,
} from "signalbox/testing";
import { expect, test } from "vitest";

test("faults over TLS are what they are over plain connections", { timeout: 60_000 }, async () => {
  const server = await createFaultServer({ tls: "self_signed" });
  const folder = await mkdtemp(join(tmpdir(), "signalbox-tls-"));
  try {
    const trusted = join(folder, "trusted.pem");
    await writeFile(trusted, server.certificate ?? "");
    const faults = [
      answers("hello"),
      resetAfterRequest(),
      garbage(),
      halfHeaders(),
      json(500, {}),
      stream([roleEvent(), textEvent("one ")], "rst"),
    ];
    server.script(...faults.flatMap((fault) => [fault, fault]));
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: trusted };
    const program = ["--import", "tsx", "test/unit/engine/programs/over-tls.ts", server.url, `${faults.length}`];
    const { stdout } = await promisify(execFile)(process.execPath, program, { env, timeout: 50_000 });
    const outcomes: string[] = JSON.parse(stdout);
    expect(server.requests).toHaveLength(2 * faults.length);
    expect(outcomes).toEqual([
      ...["hello", "hello"],
      ...["network/reset", "network/reset"],
      ...["malformed_response/http", "malformed_response/http"],
      ...["network/reset", "network/reset"],
      ...["server/undefined", "server/undefined"],
      ...["network/reset", "stream_interrupted/cut"],
    ]);
  } finally {
    await server.close();
    await rm(folder, { recursive: true });
  }
});
