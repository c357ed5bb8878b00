export { languageModel, type RouterLike } from "./language-model.js";
export type { SignalboxProviderOptions } from "./to-request.js";
