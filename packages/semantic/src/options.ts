import { describeType } from "./describe-type.ts";

/** @throws {TypeError} for options that are no object, or a name that is not known: a misspelt option must not go unnoticed. */
export function checkOptions(owner: string, options: object, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${owner}: options must be an object, got ${describeType(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name))
      throw new TypeError(`${owner}: unknown option ${JSON.stringify(name)}; known are ${known.join(", ")}`);
  }
}

/** @throws {TypeError} for what is no whole number above 0 (`Infinity` is one), naming the field. */
export function positiveInteger(field: string, value: unknown): number {
  if (typeof value === "number" && value > 0 && (Number.isInteger(value) || value === Infinity)) return value;
  throw new TypeError(`${field} must be a whole number above 0, got ${describeType(value)}`);
}
