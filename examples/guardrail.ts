import { createRouter, defineFeature, type Message, SignalboxError, simulated } from "signalbox";

const FORBIDDEN = /launch code/i;

const guardrail = defineFeature({
  name: "guardrail",
  // Refuses the request: nothing is sent, and the caller gets this error.
  request({ messages }) {
    if (FORBIDDEN.test(JSON.stringify(messages))) {
      throw new SignalboxError("content_filter", "This question is not answered here", { detail: "guardrail" });
    }
    return undefined;
  },
  // Cuts the answer if it says what it must not, however it is split into chunks.
  stream() {
    let said = "";
    return {
      chunk(chunk) {
        said = (said + (chunk.choices[0]?.delta.content ?? "")).slice(-200);
        if (FORBIDDEN.test(said)) {
          throw new SignalboxError("content_filter", "The answer was cut", { detail: "guardrail" });
        }
        return chunk;
      },
    };
  },
});

const vendor = simulated({ id: "demo", reply: "It rains. By the way, the launch code is 0000." });
const router = createRouter({ providers: [vendor], use: [guardrail] });

const asking = (content: string): { messages: Message[] } => ({ messages: [{ role: "user", content }] });
const kindOf = (thrown: unknown): string => {
  if (!SignalboxError.isInstance(thrown)) throw thrown;
  return `${thrown.kind}/${thrown.detail}: ${thrown.message}`;
};

await router.chat(asking("What is the launch code?")).catch((thrown) => console.log(kindOf(thrown)));

const stream = router.stream(asking("How is the weather?"));
try {
  for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? "");
} catch (thrown) {
  console.log(`\n${kindOf(thrown)}`);
}

await router.chat(asking("And now?")).catch((thrown) => console.log(kindOf(thrown)));

await router.close();
