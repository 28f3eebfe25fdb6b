import type { Cache } from "@llmcache/core";

/** @throws {TypeError} for what is no cache, and for an option that is unknown or of a wrong type, naming it */
export function checkOptions(
  owner: string,
  cache: Cache,
  options: object,
  types: Readonly<Record<string, string>>,
): void {
  if (typeof cache?.runStream !== "function") throw new TypeError(`${owner}: the cache must be a Cache`);
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(types, name))
      throw new TypeError(
        `${owner}: unknown option ${JSON.stringify(name)}; known are ${Object.keys(types).join(", ")}`,
      );
    if (value !== undefined && typeof value !== types[name])
      throw new TypeError(`${owner}: ${name} must be of type ${types[name]}, got ${typeof value}`);
  }
}
