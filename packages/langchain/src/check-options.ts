import { type Cache, checkOptionTypes, type OptionType } from "@llmcache/core";

/** @throws {TypeError} for what is no cache, and for an option that is unknown or of a wrong type, naming it */
export function checkOptions(
  owner: string,
  cache: Cache,
  options: object,
  types: Readonly<Record<string, OptionType>>,
): void {
  if (typeof cache?.runStream !== "function") throw new TypeError(`${owner}: the cache must be a Cache`);
  checkOptionTypes(owner, options, types);
}
