/** The type of a value in words for an error message: never the value itself. */
export function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "undefined";
  if (value === "") return "an empty string";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "an object";
  return Number.isNaN(value) ? "NaN" : `a ${typeof value}`;
}
