import type { ModelInfo } from "../../contract/provider.js";
import { isRouter, modelOf, type Target, unknownModel } from "../../serve/target.js";

interface ModelEntry {
  readonly id: string;
  readonly object: "model";
  /** Seconds since 1970: when the facts about it were read; 0 where nobody says. */
  readonly created: number;
  readonly owned_by: string;
}

/** `GET /models`: what `model` may name, `"auto"` first, then aliases. */
export function listModels(target: Target): Response {
  return Response.json({ object: "list", data: entries(target) });
}

/** `GET /models/{id}`. Throws where nobody answers to it. */
export function oneModel(target: Target, id: string): Response {
  const listed = entries(target).find((entry) => entry.id === id);
  if (listed) return Response.json(listed);
  if (!answersTo(target, id)) throw unknownModel(id);
  const asOf = target.models.find((model) => id.endsWith(`/${model.id}`))?.asOf;
  return Response.json(entryOf({ id, asOf }, target.id));
}

/** Whether `model` may say it although no list shows it: `"provider/model"`. */
function answersTo(target: Target, id: string): boolean {
  if (!isRouter(target)) return modelOf(target, id) !== undefined;
  try {
    target.explain({ model: id, messages: [{ role: "user", content: "?" }] });
    return true;
  } catch {
    return false;
  }
}

function entries(target: Target): ModelEntry[] {
  const router = isRouter(target);
  const aliases = (router && target.aliases) || [];
  const models = target.models.filter(({ id }) => id !== "auto" && !aliases.includes(id));
  const auto = router || target.models.length > 1 ? ["auto"] : [];
  const names = [...auto, ...aliases].map((id) => ({ id, object: "model" as const, created: 0, owned_by: target.id }));
  return [...names, ...models.map((model) => entryOf(model, target.id))];
}

function entryOf(model: Pick<ModelInfo, "id" | "asOf">, owner: string): ModelEntry {
  const slash = model.id.indexOf("/");
  const read = model.asOf === undefined ? Number.NaN : Date.parse(model.asOf);
  return {
    id: model.id,
    object: "model",
    created: Number.isNaN(read) ? 0 : read / 1_000,
    owned_by: slash > 0 ? model.id.slice(0, slash) : owner,
  };
}
