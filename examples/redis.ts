import { createClient } from "redis";
import { createRouter, simulated } from "signalbox";
import { redisState } from "signalbox/redis";

const url = process.env.REDIS_URL ?? "";
if (url === "") {
  console.error("REDIS_URL must name a Redis, such as redis://127.0.0.1:6379");
  process.exit(1);
}

/** Two routers, as two processes would hold them: what one learns of a vendor, the other knows. */
async function member() {
  const client = createClient({ url });
  client.on("error", () => {}); // Redis may come and go; each process goes on alone meanwhile
  await client.connect();
  const broken = simulated({ id: "broken", failures: () => "server" });
  const router = createRouter({
    providers: [broken, simulated({ id: "healthy" })],
    strategy: "ordered",
    shared: redisState({ client, namespace: "example", syncMs: 20 }),
  });
  return { router, client };
}

const [one, two] = [await member(), await member()];
for (let call = 0; call < 6; call += 1)
  await one.router.chat({ messages: [{ role: "user", content: `Hello ${call}` }] });
await new Promise((resolve) => setTimeout(resolve, 200));

const reply = await two.router.chat({ messages: [{ role: "user", content: "Hello?" }] });
console.log(`the other process asked ${reply.route.attempts.map(({ provider }) => provider).join(", ")}`);

for (const { router, client } of [one, two]) {
  await router.close();
  await client.close();
}
