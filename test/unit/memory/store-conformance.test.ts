import { describe, test } from "vitest";
import { runStoreConformance } from "../../../src/testing/conformance/store.js";
import { createVirtualClock } from "../../../src/testing/virtual-clock.js";
import { type MapEntry, mapStore } from "./map-store.js";

describe("conformance: a store over a Map, on a clock moved by hand", () => {
  const clock = createVirtualClock();
  runStoreConformance(
    { test },
    {
      setUp() {
        const data = new Map<string, MapEntry>();
        return { store: mapStore("mine:", data, clock), neighbour: mapStore("mine-too:", data, clock) };
      },
      pass: (ms) => clock.advance(ms),
    },
  );
});

describe("conformance: a store of get, set and delete, without lifetimes", () => {
  const setUp = () => {
    const { get, set, delete: remove } = mapStore();
    return { store: { get, set: (key: string, value: unknown) => set(key, value), delete: remove } };
  };
  runStoreConformance({ test }, { setUp, without: ["lifetimes"] });
});
