import type { ModelInfo } from "../contract/provider.js";
import { isRouter, modelOf, type Target } from "./target.js";

/** A name that `model` may say. */
export interface ListedModel {
  readonly id: string;
  /** Who owns it: the provider, or the target itself for `"auto"` and aliases. */
  readonly owner: string;
  /** `undefined` for `"auto"` and aliases. */
  readonly info?: ModelInfo | undefined;
}

/** What `model` may name, `"auto"` first, then aliases, then models. */
export function listedModels(target: Target): ListedModel[] {
  const router = isRouter(target);
  const aliases = (router && target.aliases) || [];
  const models = target.models.filter(({ id }) => id !== "auto" && !aliases.includes(id));
  const auto = router || target.models.length > 1 ? ["auto"] : [];
  const names: ListedModel[] = [...auto, ...aliases].map((id) => ({ id, owner: target.id }));
  return [...names, ...models.map((info) => ({ id: info.id, owner: ownerOf(info.id, target), info }))];
}

/** The model of this name, also if no list shows it, as `"provider/model"`; `undefined` if nothing answers to it. */
export function findModel(target: Target, id: string): ListedModel | undefined {
  const listed = listedModels(target).find((model) => model.id === id);
  if (listed || !answersTo(target, id)) return listed;
  const info = target.models.find((model) => id.endsWith(`/${model.id}`));
  return { id, owner: ownerOf(id, target), info };
}

function answersTo(target: Target, id: string): boolean {
  if (!isRouter(target)) return modelOf(target, id) !== undefined;
  try {
    target.explain({ model: id, messages: [{ role: "user", content: "?" }] });
    return true;
  } catch {
    return false;
  }
}

function ownerOf(id: string, target: Target): string {
  const slash = id.indexOf("/");
  return slash > 0 ? id.slice(0, slash) : target.id;
}
