import { createRouter, openaiCompatible, SignalboxError } from "signalbox";
import { testModel } from "signalbox/testing";

// Asks a server over TLS, whole and streamed, as often as told; each outcome is a text or the kind of failure.
const [baseURL = "", count = "0"] = process.argv.slice(2);
const outcomes: (string | null)[] = [];
for (let n = 0; n < Number(count); n += 1) {
  for (const streamed of [false, true]) {
    // A provider and a router of its own for each: no failure keeps the next call away, and no connection counts as used.
    const provider = openaiCompatible({ id: "tls", baseURL, apiKey: "test-key", models: [testModel("m")] });
    const router = createRouter({ providers: [provider], retry: { attempts: 1 } });
    const request = { messages: [{ role: "user" as const, content: `${n}` }] };
    const work = streamed ? router.stream(request).reply : router.chat(request);
    outcomes.push(
      await work.then(
        (reply) => reply.choices[0].message.content,
        (error: unknown) => (SignalboxError.isInstance(error) ? `${error.kind}/${error.detail}` : String(error)),
      ),
    );
  }
}
process.stdout.write(JSON.stringify(outcomes));
