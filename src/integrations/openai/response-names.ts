/** The names of one response: its own, and those of its items, which lead back to it. */
export interface ResponseNames {
  readonly response: string;
  /** The conversation under which the router remembers it. */
  readonly conversation: string;
  /** The n-th reasoning item, message, function call or free-form call. */
  item(kind: "rs" | "msg" | "fc" | "ctc", nth: number): string;
}

/**
 * Names made of the request's own, `req_` and a UUID. A response with instructions says so in its id: the next one does
 * not take them over.
 */
export function newNames(requestId: string, withInstructions: boolean): ResponseNames {
  const id = requestId.slice(4);
  return {
    response: `resp_${id}${withInstructions ? "i" : ""}`,
    conversation: `resp_${id}`,
    ...namesOf(id),
  };
}

/** The names of the items of the response with this id. */
export function namesOf(id: string): Pick<ResponseNames, "item"> {
  return { item: (kind, nth) => `${kind}_${id}${nth}` };
}
