import { Registry } from "prom-client";
import { createRouter, simulated } from "signalbox";
import { exportMetrics } from "signalbox/prometheus";

const register = new Registry();
const router = createRouter({ providers: [simulated({ id: "demo", reply: "Hello." })] });
exportMetrics(router, { register });

await router.chat({ messages: [{ role: "user", content: "Hello?" }] });

// What GET /metrics answers. `grafana-dashboard.json` draws these.
const page = await register.metrics();
for (const line of page.split("\n")) if (/^signalbox_requests_total/.test(line)) console.log(line);

await router.close();
