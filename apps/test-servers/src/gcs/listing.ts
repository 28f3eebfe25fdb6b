import { invalid } from "./api-error.ts";
import type { StoredObject } from "./stored-object.ts";
import { integerOf } from "./conditions.ts";

const mostResults = 1000n;

export interface Listing {
  readonly objects: readonly StoredObject[];
  readonly prefixes: readonly string[];
  readonly nextPageToken: string | undefined;
}

/**
 * A page of the objects, in the order of their names' UTF-8 bytes (cloud.google.com/storage/docs/json_api/v1/objects/list). What lies
 * behind a delimiter is one prefix, which counts as one result.
 */
export function listObjects(all: Iterable<StoredObject>, query: URLSearchParams): Listing {
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const startOffset = query.get("startOffset") ?? "";
  const endOffset = query.get("endOffset");
  const limit = integerOf(query, "maxResults") ?? mostResults;
  if (limit < 1n) throw invalid("Invalid value for: maxResults must be positive");
  const after = decodeToken(query.get("pageToken"));

  const entries = [...all]
    .filter(({ name }) => name.startsWith(prefix) && compare(name, startOffset) >= 0)
    .filter(({ name }) => endOffset === null || endOffset === "" || compare(name, endOffset) < 0)
    .map((object) => ({ object, at: resultOf(object.name, prefix, delimiter) }))
    .filter(({ at }) => after === undefined || compare(at, after) > 0)
    .toSorted((one, other) => compare(one.object.name, other.object.name));

  const objects: StoredObject[] = [];
  const prefixes: string[] = [];
  for (const { object, at } of entries) {
    if (prefixes.at(-1) === at) continue;
    if (objects.length + prefixes.length >= (limit < mostResults ? limit : mostResults)) {
      const last = [objects.at(-1)?.name, prefixes.at(-1)]
        .filter((name) => name !== undefined)
        .toSorted(compare)
        .at(-1);
      return { objects, prefixes, nextPageToken: Buffer.from(last ?? "").toString("base64") };
    }
    if (at === object.name) objects.push(object);
    else prefixes.push(at);
  }
  return { objects, prefixes, nextPageToken: undefined };
}

/** The name, or the part of it up to the first delimiter behind the prefix. */
function resultOf(name: string, prefix: string, delimiter: string): string {
  const index = delimiter === "" ? -1 : name.indexOf(delimiter, prefix.length);
  return index === -1 ? name : name.slice(0, index + delimiter.length);
}

function decodeToken(token: string | null): string | undefined {
  if (token === null || token === "") return undefined;
  const name = Buffer.from(token, "base64");
  if (name.toString("base64") !== token) throw invalid("Invalid argument.");
  return name.toString("utf8");
}

function compare(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
