import { createRouter, type FunctionTool, type Message, simulated } from "signalbox";

const tools: FunctionTool[] = [
  {
    type: "function",
    function: {
      name: "add",
      description: "Adds two numbers",
      parameters: {
        type: "object",
        properties: { a: { type: "number" }, b: { type: "number" } },
        required: ["a", "b"],
      },
    },
  },
];
const run: Record<string, (input: { a: number; b: number }) => number> = { add: ({ a, b }) => a + b };

// A stand-in for a model: asks for the tool first, then reads its result.
const model = simulated({
  id: "demo",
  reply: ({ messages }) => {
    const last = messages.at(-1);
    if (last?.role === "tool") return `The sum is ${String(last.content)}.`;
    return { toolCalls: [{ name: "add", arguments: { a: 2, b: 40 } }] };
  },
});

const router = createRouter({ providers: [model] });
const messages: Message[] = [{ role: "user", content: "What is 2 + 40?" }];

for (let round = 0; round < 5; round += 1) {
  const reply = await router.chat({ messages, tools });
  const { message } = reply.choices[0];
  messages.push(message); // as it is: reasoning and provider state go back with it
  if (message.tool_calls === undefined) {
    console.log(message.content);
    break;
  }
  for (const call of message.tool_calls) {
    if (call.type !== "function") continue;
    const result = run[call.function.name]?.(JSON.parse(call.function.arguments)) ?? "no such tool";
    console.log(`${call.function.name}(${call.function.arguments}) = ${result}`);
    messages.push({ role: "tool", tool_call_id: call.id, content: String(result) });
  }
}

await router.close();
