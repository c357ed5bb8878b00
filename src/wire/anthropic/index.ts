import { openaiWire } from "../openai/index.js";
export const anthropicWire = openaiWire;
