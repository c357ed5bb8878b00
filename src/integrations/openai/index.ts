/**
 * OpenAI's API over a router.
 *
 * @module signalbox/openai
 */

export type { BodyOption } from "../../serve/body-options.js";
export type { FetchInfo, FetchOptions } from "../../serve/create-door.js";
export { type NodeRequest, type NodeResponse, toNodeListener } from "../../serve/node-listener.js";
export type { RouterLike, Target } from "../../serve/target.js";
export { createFetch } from "./create-fetch.js";
