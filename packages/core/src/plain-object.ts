/** Whether a value is an object literal, of this realm or another, and no instance of a class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) return true;
  return (
    prototype === null ||
    (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, "isPrototypeOf"))
  );
}

/** What says itself what to send in its place. */
export interface Sendable {
  toJSON(): unknown;
}

/** Whether `JSON.stringify` asks this value what to send in its place. */
export function hasToJson(value: object): value is Sendable {
  return "toJSON" in value && typeof value.toJSON === "function";
}
