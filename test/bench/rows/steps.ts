import { createHash } from "node:crypto";
import { fingerprint } from "../../../src/chat/fingerprint.js";
import { systemClock } from "../../../src/core/clock.js";
import { createGates } from "../../../src/resilience/gates.js";
import { createCharacteristics } from "../../../src/strategies/characteristics/characteristics.js";
import { timeStep } from "../measure.js";
import type { Section } from "../row.js";
import { messagesOf, PROMPT } from "../stub.js";

/** Steps of a request that have figures of their own. */
export async function steps(): Promise<Section> {
  const messages = messagesOf(PROMPT.repeat(10));
  const request = { messages };
  const gates = createGates({}, { clock: systemClock, random: Math.random });
  const gate = gates.candidate("one/model", "one");
  const characterise = (): number => {
    const { kind, complexity, tokens, needs, sensitivity } = createCharacteristics(request, {});
    return kind.length + complexity + tokens.input + needs.length + sensitivity.cost.length;
  };
  const breaker = (): void => {
    const now = systemClock.now();
    if (gate.blocked(now) === null) gate.settle(gate.acquire(now), now, null);
  };
  const bareKey = (): string => createHash("sha256").update(JSON.stringify(request)).digest("base64url");
  return {
    name: "steps",
    about: "parts of a call on a 2 kB prompt",
    rows: [
      { what: "breaker: check, lease, record", value: timeStep(breaker), unit: "us", target: 0.3 },
      { what: "characteristics, all of them", value: timeStep(characterise, { batch: 500 }), unit: "us", target: 20 },
      {
        what: "fingerprint; bare is JSON.stringify and sha256",
        value: timeStep(() => fingerprint(request, { namespace: "bench" }), { batch: 500 }),
        unit: "us",
        bare: timeStep(bareKey, { batch: 500 }),
      },
    ],
  };
}
