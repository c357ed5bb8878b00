import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Keyv, { type KeyvStoreAdapter } from "keyv";
import sqlite from "node-sqlite3-wasm";
import { createRouter, simulated } from "signalbox";
import { keyvStore } from "signalbox/keyv";

/** A Keyv adapter over SQLite compiled to WebAssembly: no native build. Any other Keyv adapter does as well. */
function sqliteAdapter(file: string): KeyvStoreAdapter {
  const db = new sqlite.Database(file);
  db.run("CREATE TABLE IF NOT EXISTS keyv (key TEXT PRIMARY KEY, value TEXT)");
  const adapter: KeyvStoreAdapter = {
    opts: { dialect: "sqlite", url: file },
    on: () => adapter,
    get: async <Value>(key: string) => {
      const row = db.get("SELECT value FROM keyv WHERE key = ?", key) as { value: Value } | null;
      return row?.value;
    },
    set: async (key, value) => db.run("INSERT OR REPLACE INTO keyv VALUES (?, ?)", [key, value]),
    delete: async (key) => db.run("DELETE FROM keyv WHERE key = ?", key).changes > 0,
    clear: async () => {
      const prefix = adapter.namespace === undefined ? "" : `${adapter.namespace}:`;
      db.run("DELETE FROM keyv WHERE substr(key, 1, length(?)) = ?", [prefix, prefix]);
    },
    disconnect: async () => db.close(),
  };
  return adapter;
}

const file = process.argv[2] ?? join(mkdtempSync(join(tmpdir(), "signalbox-")), "answers.sqlite");
const model = simulated({ id: "demo", reply: "42", delayMs: 50, usdPerMTok: { input: 1, output: 4 } });

// The second router is what a restarted process would be: its memory is empty, the file is not.
for (const run of ["first run", "after a restart"]) {
  const store = keyvStore(new Keyv({ store: sqliteAdapter(file), namespace: "answers" }));
  const router = createRouter({ providers: [model], cache: { maxBytes: 16 * 1024 * 1024, ttlMs: 86_400_000, store } });
  const { choices, route } = await router.chat({ messages: [{ role: "user", content: "What is 6 x 7?" }] });
  console.log(`${run}: ${choices[0].message.content}, ${route.cache.status}, cost $${route.costUsd}`);
  await router.close();
}
