import { describeType } from "./describe-type.ts";

/** @throws {TypeError} for options that are no object, or a name that is not known: a misspelt option must not go unnoticed. */
export function checkOptions(owner: string, options: object, known: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new TypeError(`${owner}: options must be an object, got ${describeType(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name))
      throw new TypeError(`${owner}: unknown option ${JSON.stringify(name)}; known are ${known.join(", ")}`);
  }
}

/** What `typeof` says, but that an array is an "array" and `null` is of no type. */
type BasicType = "array" | "boolean" | "function" | "number" | "object" | "string";

/** What an option may be. */
export type OptionType = BasicType | `${BasicType} or ${BasicType}`;

/**
 * Checks names as `checkOptions` does, and that each value is of the type that `types` has for it; `undefined` is as good as left out.
 *
 * @throws {TypeError} that names the option and the type of what was given, never the value
 */
export function checkOptionTypes(owner: string, options: object, types: Readonly<Record<string, OptionType>>): void {
  checkOptions(owner, options, Object.keys(types));
  for (const [name, type] of Object.entries(types)) {
    const value = (options as Readonly<Record<string, unknown>>)[name];
    if (value !== undefined && !type.split(" or ").includes(basicType(value)))
      throw new TypeError(`${owner}: ${name} must be of type ${type}, got ${describeType(value)}`);
  }
}

function basicType(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/** @throws {TypeError} for what is no whole number above 0 (`Infinity` is one), naming the field. */
export function positiveInteger(field: string, value: unknown): number {
  if (typeof value === "number" && value > 0 && (Number.isInteger(value) || value === Infinity)) return value;
  throw new TypeError(`${field} must be a whole number above 0, got ${describeType(value)}`);
}
