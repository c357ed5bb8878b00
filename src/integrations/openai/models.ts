import type { ModelInfo } from "../../contract/provider.js";
import { errorResponse } from "./errors.js";
import { isRouter, type Target, unknownModel } from "./target.js";

interface ModelEntry {
  readonly id: string;
  readonly object: "model";
  /** Seconds since 1970: when the facts about it were read; 0 where nobody says. */
  readonly created: number;
  readonly owned_by: string;
}

/** `GET /models`: what `model` may name, `"auto"` first. */
export function listModels(target: Target): Response {
  return Response.json({ object: "list", data: entries(target) });
}

/** `GET /models/{id}` */
export function oneModel(target: Target, id: string): Response {
  const found = entries(target).find((entry) => entry.id === id);
  if (found) return Response.json(found);
  return errorResponse(unknownModel(id));
}

function entries(target: Target): ModelEntry[] {
  const auto: ModelEntry = { id: "auto", object: "model", created: 0, owned_by: target.id };
  const listed = target.models.filter((model) => model.id !== "auto").map((model) => entryOf(model, target.id));
  return isRouter(target) || target.models.length > 1 ? [auto, ...listed] : listed;
}

function entryOf(model: ModelInfo, owner: string): ModelEntry {
  const slash = model.id.indexOf("/");
  const read = model.asOf === undefined ? Number.NaN : Date.parse(model.asOf);
  return {
    id: model.id,
    object: "model",
    created: Number.isNaN(read) ? 0 : read / 1_000,
    owned_by: slash > 0 ? model.id.slice(0, slash) : owner,
  };
}
