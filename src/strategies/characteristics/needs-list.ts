import {
  NEED_AUDIO,
  NEED_JSON_OBJECT,
  NEED_JSON_SCHEMA,
  NEED_TOOLS,
  NEED_VISION_DATA,
  NEED_VISION_URL,
} from "../../chat/needs.js";
import type { Need } from "../../contract/strategy.js";

/** Either form of image. */
export const VISION = NEED_VISION_DATA | NEED_VISION_URL;
const PLAIN: readonly Need[] = Object.freeze([]);

/** The needs of a request in words. @param bits of the request itself @param required what the call adds */
export function needsList(bits: number, required: readonly Need[] | undefined): readonly Need[] {
  if (bits === 0 && (required === undefined || required.length === 0)) return PLAIN;
  const needs = new Set<Need>(required);
  if ((bits & NEED_TOOLS) !== 0) needs.add("tools");
  if ((bits & VISION) !== 0) needs.add("vision");
  if ((bits & NEED_AUDIO) !== 0) needs.add("audio");
  if ((bits & (NEED_JSON_OBJECT | NEED_JSON_SCHEMA)) !== 0) needs.add("json");
  return ALL_NEEDS.filter((need) => needs.has(need));
}

const ALL_NEEDS: readonly Need[] = ["tools", "vision", "audio", "json", "thinking", "hosted_tools"];
