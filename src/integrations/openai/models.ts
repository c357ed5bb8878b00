import { findModel, type ListedModel, listedModels } from "../../serve/models.js";
import { type Target, unknownModel } from "../../serve/target.js";

interface ModelEntry {
  readonly id: string;
  readonly object: "model";
  /** Seconds since 1970: when the facts about it were read; 0 if nobody says. */
  readonly created: number;
  readonly owned_by: string;
}

/** `GET /models`: what `model` may name, `"auto"` first, then aliases. */
export function listModels(target: Target): Response {
  return Response.json({ object: "list", data: listedModels(target).map(entryOf) });
}

/** `GET /models/{id}`. Throws if nothing answers to it. */
export function oneModel(target: Target, id: string): Response {
  const found = findModel(target, id);
  if (found === undefined) throw unknownModel(id);
  return Response.json(entryOf(found));
}

function entryOf({ id, owner, info }: ListedModel): ModelEntry {
  const read = info?.asOf === undefined ? Number.NaN : Date.parse(info.asOf);
  return { id, object: "model", created: Number.isNaN(read) ? 0 : read / 1_000, owned_by: owner };
}
