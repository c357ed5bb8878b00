import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { createRouter, simulated } from "signalbox";
import { instrument } from "signalbox/otel";

// Your app's own OpenTelemetry set-up; here the spans stay in memory.
const exporter = new InMemorySpanExporter();
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

const { router } = instrument(createRouter({ providers: [simulated({ id: "demo", reply: "Hello." })] }));

await trace.getTracer("app").startActiveSpan("my handler", async (span) => {
  await router.chat({ messages: [{ role: "user", content: "Hello?" }] });
  span.end();
});

for (const { name, attributes } of exporter.getFinishedSpans())
  console.log(name, attributes["gen_ai.provider.name"] ?? "");

await router.close();
