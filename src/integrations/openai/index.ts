export type { BodyOption } from "./call-options.js";
export { createFetch, type FetchInfo, type FetchOptions } from "./create-fetch.js";
export type { RouterLike, Target } from "./target.js";
