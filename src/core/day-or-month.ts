/** `YYYY-MM-DD` or `YYYY-MM`. */
export const DAY_OR_MONTH = /^\d{4}-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?$/;
