import * as signalbox from "signalbox";
import { scenario } from "./scenario.mjs";

console.log(await scenario(signalbox, globalThis.process.argv[2]));
