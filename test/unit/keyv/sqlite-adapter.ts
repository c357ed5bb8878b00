import type { KeyvStoreAdapter } from "keyv";
import sqlite from "node-sqlite3-wasm";

/** SQLite in memory behind Keyv, as in `examples/sqlite-cache.ts`; several namespaces may share one database. */
export function sqliteAdapter(db: sqlite.Database): KeyvStoreAdapter {
  db.run("CREATE TABLE IF NOT EXISTS keyv (key TEXT PRIMARY KEY, value TEXT)");
  const adapter: KeyvStoreAdapter = {
    opts: { dialect: "sqlite", url: ":memory:" },
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
    disconnect: async () => {},
  };
  return adapter;
}

export function openDatabase(): sqlite.Database {
  return new sqlite.Database(":memory:");
}
