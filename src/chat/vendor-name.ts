/** Characters of a reply's id and of the model that a vendor says it was: more is cut before it is kept or told. */
export const MAX_VENDOR_NAME = 256;

/** A name that a vendor chose, at a length that can be kept. */
export function vendorName(name: string): string {
  return name.length <= MAX_VENDOR_NAME ? name : name.slice(0, MAX_VENDOR_NAME);
}
