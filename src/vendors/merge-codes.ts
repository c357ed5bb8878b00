import type { VendorCodes } from "../errors/vendor-codes.js";

/** A vendor's error words with the user's on top. */
export function mergeCodes(base: VendorCodes, more: VendorCodes | undefined): VendorCodes {
  if (more === undefined) return base;
  return {
    codes: { ...base.codes, ...more.codes },
    patterns: [...(more.patterns ?? []), ...(base.patterns ?? [])],
    finishReasons: { ...base.finishReasons, ...more.finishReasons },
  };
}
