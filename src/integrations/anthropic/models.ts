import type { ModelInfo } from "../../contract/provider.js";
import { findModel, type ListedModel, listedModels } from "../../serve/models.js";
import { type Target, unknownModel } from "../../serve/target.js";

/** `GET /v1/models`: what `model` may name, in one page unless the query asks for less. */
export function listModels(target: Target, url: string): Response {
  const query = new URLSearchParams(/\?([^#]*)/.exec(url)?.[1] ?? "");
  const all = listedModels(target).map((model) => entryOf(model));
  const after = all.findIndex(({ id }) => id === query.get("after_id")) + 1;
  const asked = Number(query.get("limit") ?? "");
  const end = asked > 0 ? after + asked : all.length;
  const data = all.slice(after, end);
  return Response.json({
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: end < all.length,
  });
}

/** `GET /v1/models/{id}`. Throws if nothing answers to it. */
export function oneModel(target: Target, id: string): Response {
  const found = findModel(target, id);
  if (found === undefined) throw unknownModel(id);
  return Response.json(entryOf(found));
}

function entryOf({ id, info }: ListedModel): { readonly id: string; readonly [field: string]: unknown } {
  return {
    id,
    type: "model",
    display_name: id,
    created_at: new Date(createdAt(info)).toISOString(),
    max_input_tokens: info?.contextWindow ?? null,
    max_tokens: info?.maxOutput ?? null,
    capabilities: null,
    lifecycle: "active",
    line: null,
    deprecated_at: null,
    retires_at: null,
  };
}

/** When the facts about a model were read; 1970 if nobody says. */
function createdAt(info: ModelInfo | undefined): number {
  const read = info?.asOf === undefined ? Number.NaN : Date.parse(info.asOf);
  return Number.isNaN(read) ? 0 : read;
}
