import { type Entity, Schema } from "redis-om";
import { spaceOf, type RedisSemanticStoreOptions } from "./redis-semantic-options.ts";

/**
 * The schema by which a `Repository` of redis-om reads the entries of a `RedisSemanticBackend` with the same `embedder`, `dimensions` and `prefix`. An
 * entry's id there is its key.
 */
export function entrySchema(
  options: Pick<RedisSemanticStoreOptions, "embedder" | "dimensions" | "prefix">,
): Schema<EntryFields> {
  return new Schema<EntryFields>(
    spaceOf(options),
    {
      model: { type: "string" },
      tags: { type: "string[]", separator: "|" },
      created: { type: "number", sortable: true },
      exp: { type: "number", sortable: true },
      scope: { type: "string" },
    },
    { dataStructure: "HASH" },
  );
}

/** What redis-om sees of an entry: of its value and its vector, which are bytes, nothing. */
export interface EntryFields extends Entity {
  /** The model that answered, where the cache keeps calls (`storeCalls`). */
  model?: string;
  tags?: string[];
  /** When it was made, in epoch ms. */
  created?: number;
  /** When it expires, in epoch ms; 8.64e15 for never. */
  exp: number;
  /** What had to be equal besides the wording, where it can be found by meaning. */
  scope?: string;
}
