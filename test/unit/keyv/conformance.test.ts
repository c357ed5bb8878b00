import Keyv from "keyv";
import { keyvStore } from "signalbox/keyv";
import { runStoreConformance } from "signalbox/testing";
import { describe, test } from "vitest";
import { openDatabase, sqliteAdapter } from "./sqlite-adapter.js";

describe("conformance: keyvStore in memory", () => {
  // No neighbour: Keyv clears a plain Map as a whole, whatever the namespace.
  runStoreConformance({ test }, { setUp: () => ({ store: keyvStore(new Keyv({ namespace: "answers" })) }) });
});

describe("conformance: keyvStore over SQLite", () => {
  runStoreConformance(
    { test },
    {
      setUp() {
        const db = openDatabase();
        return {
          store: keyvStore(new Keyv({ store: sqliteAdapter(db), namespace: "answers" })),
          neighbour: keyvStore(new Keyv({ store: sqliteAdapter(db), namespace: "answers-2" })),
          close: () => db.close(),
        };
      },
    },
  );
});
