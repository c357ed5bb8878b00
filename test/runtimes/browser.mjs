import { createRouter, openaiCompatible, SignalboxError } from "signalbox";
import { scenario } from "./scenario.mjs";

globalThis.runScenario = (base) => scenario({ createRouter, openaiCompatible, SignalboxError }, base);
