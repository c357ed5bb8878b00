/** The names of one response: its own, and those of its items, which lead back to it. */
export interface ResponseNames {
  readonly response: string;
  /** The conversation under which the router remembers it. */
  readonly conversation: string;
  /** The n-th reasoning item, message, function call or free-form call. */
  item(kind: "rs" | "msg" | "fc" | "ctc", nth: number): string;
}

/** Fresh names. A response with instructions says so in its id: the next one does not take them over. */
export function newNames(withInstructions: boolean): ResponseNames {
  const id = crypto.randomUUID().replaceAll("-", "");
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
