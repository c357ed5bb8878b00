import { expect, test } from "vitest";
import { play, scenarios } from "./scenarios.js";

test("sixty seeded scenarios give the events, routes and errors on record", async () => {
  const all = scenarios();
  expect(all.length).toBe(60);
  const pages: string[] = [];
  for (const scenario of all) pages.push(`# ${scenario.name}`, ...(await play(scenario)), "");
  await expect(pages.join("\n")).toMatchFileSnapshot("./record.txt");
});

test("a scenario plays the same twice", async () => {
  for (const scenario of scenarios().slice(-2)) expect(await play(scenario)).toEqual(await play(scenario));
});
