// One process of an app: asks the same questions through a router whose cache stands on Redis, and prints what came.
import KeyvRedis from "@keyv/redis";
import Keyv from "keyv";
import { createRouter, simulated } from "signalbox";
import { keyvStore } from "signalbox/keyv";

const [port, name] = process.argv.slice(2);
const keyv = new Keyv({ store: new KeyvRedis(`redis://127.0.0.1:${port}`), namespace: "answers" });
let calls = 0;
const reply = () => {
  calls++;
  return `answered in ${name}: 缓存`;
};
const router = createRouter({
  providers: [simulated({ id: "demo", reply })],
  cache: { store: keyvStore(keyv), storeTimeoutMs: 1_000 },
});
const answers: { text: string | null; status: string }[] = [];
for (const content of ["one", "two", "three"]) {
  const { choices, route } = await router.chat({ messages: [{ role: "user", content }] });
  answers.push({ text: choices[0].message.content, status: route.cache.status });
}
await router.close();
console.log(JSON.stringify({ calls, answers }));
