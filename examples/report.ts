import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRouter, simulated } from "signalbox";
import { recordRouter, renderReport } from "signalbox/report";

const router = createRouter({
  providers: [simulated({ id: "one" }), simulated({ id: "two" })],
  strategy: "round-robin",
});
const recorder = recordRouter(router);

for (let call = 0; call < 20; call += 1)
  await router.chat({ messages: [{ role: "user", content: `Question ${call}` }] });

// One self-contained page: no network, light and dark, readable on a phone.
const file = join(mkdtempSync(join(tmpdir(), "signalbox-")), "report.html");
writeFileSync(file, renderReport(recorder.read()));
console.log(`written to ${file}`);

await router.close();
