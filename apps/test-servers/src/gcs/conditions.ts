import { conditionNotMet, invalid, notModified } from "./api-error.ts";
import type { StoredObject } from "./stored-object.ts";

/**
 * The preconditions of a request (cloud.google.com/storage/docs/request-preconditions): 0 as a generation stands for "no live object".
 *
 * @throws {ApiError} 412 where a `...Match` does not hold, 304 where a `...NotMatch` does not
 */
export function checkConditions(query: URLSearchParams, object: StoredObject | undefined): void {
  const generation = object?.generation ?? 0n;
  const metageneration = object?.metageneration ?? 0n;
  const holds = (name: string, actual: bigint) => {
    const expected = integerOf(query, name);
    return expected === undefined || expected === actual;
  };
  const differs = (name: string, actual: bigint) => {
    const unwanted = integerOf(query, name);
    return unwanted === undefined || unwanted !== actual;
  };
  if (!holds("ifGenerationMatch", generation) || !holds("ifMetagenerationMatch", metageneration)) {
    throw conditionNotMet();
  }
  if (!differs("ifGenerationNotMatch", generation) || !differs("ifMetagenerationNotMatch", metageneration)) {
    throw notModified();
  }
}

/** @throws {ApiError} 400 for what is no whole number */
export function integerOf(query: URLSearchParams, name: string): bigint | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^-?\d+$/.test(text)) throw invalid(`Invalid value for: ${name} is not a valid int64`);
  return BigInt(text);
}
