type Raw = { readonly [field: string]: unknown };

/**
 * The thinking in a delta. Vendors use one of three fields, some two at once for the same words: the first field that
 * speaks is the one that counts for the whole answer. Details are kept as they came, for their issuer.
 */
export interface ReasoningReader {
  /** The piece of thinking in this delta; `undefined` where it has none. */
  read(delta: Raw): string | undefined;
  /** Whether a field has told any thinking so far. */
  readonly speaks: boolean;
  /** The details of the whole answer, pieces of one entry joined. */
  readonly details: readonly unknown[] | undefined;
}

type Field = "reasoning_content" | "reasoning" | "reasoning_details";

/** A reader for one answer. */
export function createReasoningReader(): ReasoningReader {
  let source: Field | undefined;
  const reader: ReasoningReader & { speaks: boolean; details: Raw[] | undefined } = {
    speaks: false,
    details: undefined,
    read(delta) {
      const list = delta.reasoning_details;
      if (Array.isArray(list)) for (const piece of list) if (isRaw(piece)) reader.details = join(reader.details, piece);
      if (source === undefined) source = firstSource(delta);
      // An empty thought is one too: its issuer tells it from none.
      if (source === undefined) return delta.reasoning_content === "" ? "" : undefined;
      reader.speaks = true;
      const value = source === "reasoning_details" ? detailsText(list) : delta[source];
      return typeof value === "string" ? value : undefined;
    },
  };
  return reader;
}

/** An empty string does not decide: some vendors send it in one field while they speak in another. */
function firstSource(delta: Raw): Field | undefined {
  if (typeof delta.reasoning_content === "string" && delta.reasoning_content !== "") return "reasoning_content";
  if (typeof delta.reasoning === "string" && delta.reasoning !== "") return "reasoning";
  return detailsText(delta.reasoning_details) ? "reasoning_details" : undefined;
}

function detailsText(list: unknown): string {
  if (!Array.isArray(list)) return "";
  let text = "";
  for (const piece of list as readonly unknown[]) {
    if (!isRaw(piece)) continue;
    const words = piece.text ?? piece.summary;
    if (typeof words === "string") text += words;
  }
  return text;
}

/** Streamed details come in pieces of the same `index` (or `id`); their text, summary and data add up. */
function join(details: Raw[] | undefined, piece: Raw): Raw[] {
  const list = details ?? [];
  const at = list.findIndex((known) => known.type === piece.type && sameEntry(known, piece));
  const known = list[at];
  if (known === undefined) {
    list.push(piece);
    return list;
  }
  const sum: { [field: string]: unknown } = { ...known };
  for (const field of Object.keys(piece)) {
    const [before, more] = [known[field], piece[field]];
    const adds = field === "text" || field === "summary" || field === "data";
    if (adds && typeof before === "string" && typeof more === "string") sum[field] = before + more;
    else if (more !== undefined && more !== null) sum[field] = more;
  }
  list[at] = sum;
  return list;
}

function sameEntry(known: Raw, piece: Raw): boolean {
  if (piece.index !== undefined) return known.index === piece.index;
  return piece.id !== undefined && known.id === piece.id;
}

function isRaw(value: unknown): value is Raw {
  return typeof value === "object" && value !== null;
}
