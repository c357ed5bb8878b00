import { IMPORTS, kbOf } from "./bundle.js";
import { print } from "./row.js";

const rows = [];
for (const { what, code, maxKb } of IMPORTS)
  rows.push({ what, value: await kbOf(code), unit: "kB" as const, target: maxKb });
console.log(print({ name: "size", about: "minified and zipped, dependencies included", rows }));
if (rows.some(({ value, target }) => target !== undefined && value > target)) process.exitCode = 1;
