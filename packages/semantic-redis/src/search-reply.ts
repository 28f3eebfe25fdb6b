/** A reply as a client gives it: texts are buffers or strings, maps of RESP3 are lists of names and values, objects or maps. */
type Reply = unknown;

/** A document that a search found. */
export interface FoundDocument {
  readonly key: string;
  readonly fields: ReadonlyMap<string, Buffer>;
}

/**
 * Reads what FT.SEARCH answers: `[count, key, fields, key, fields, ...]` (RediSearch 2, RESP2 everywhere, Valkey Search), or a map whose `results` are maps
 * with `id` and `extra_attributes` (RediSearch 8 by RESP3). A document that went away while it was looked for has no fields, and is left out.
 *
 * @throws {TypeError} for anything else
 */
export function parseSearchReply(reply: Reply): FoundDocument[] {
  if (Array.isArray(reply) && typeof reply[0] === "number") {
    return reply.slice(1).flatMap((item, index, items) => (index % 2 === 0 ? documentOf(item, items[index + 1]) : []));
  }
  const results = mapOf(reply).get("results");
  if (!Array.isArray(results)) throw new TypeError("Redis answered FT.SEARCH in a form that is not known here");
  return results.flatMap((result) => {
    const members = mapOf(result);
    return documentOf(members.get("id"), members.get("extra_attributes"));
  });
}

/** What FT.INFO says of an index, where it says it: not all versions do. */
export interface IndexInfo {
  readonly keyType: string | undefined;
  readonly prefixes: readonly string[];
  /** The type of each field, by its name: `"TAG"` say. */
  readonly fields: ReadonlyMap<string, string>;
  readonly dimensions: number | undefined;
  readonly metric: string | undefined;
  readonly dataType: string | undefined;
}

export function parseIndexInfo(reply: Reply): IndexInfo {
  const info = mapOf(reply);
  const definition = mapOf(info.get("index_definition"));
  const prefixes = definition.get("prefixes");
  const attributes = info.get("attributes");
  const described = (Array.isArray(attributes) ? attributes : []).map((attribute: Reply) => ({
    members: mapOf(attribute),
    attribute,
  }));
  const vector = described.find(({ members }) => textOf(members.get("type"))?.toUpperCase() === "VECTOR")?.attribute;
  const dimensions = valueOf(vector, "dim") ?? valueOf(vector, "dimensions");
  return {
    keyType: textOf(definition.get("key_type"))?.toUpperCase(),
    prefixes: (Array.isArray(prefixes) ? prefixes : []).map((prefix: Reply) => textOf(prefix) ?? ""),
    fields: new Map(
      described.map(({ members }) => [
        textOf(members.get("identifier")) ?? "",
        textOf(members.get("type"))?.toUpperCase() ?? "",
      ]),
    ),
    dimensions: dimensions === undefined ? undefined : Number(dimensions),
    metric: valueOf(vector, "distance_metric")?.toUpperCase(),
    dataType: valueOf(vector, "data_type")?.toUpperCase(),
  };
}

/** Whether a server says that there is no such index, in the words of RediSearch 2, 8 or later, or of Valkey Search. */
export function isMissingIndex(error: unknown): boolean {
  return (
    error instanceof Error && /unknown index name|no such index|index.*not found|INDEX_NOT_FOUND/i.test(error.message)
  );
}

function documentOf(id: Reply, fields: Reply): FoundDocument[] {
  const key = textOf(id);
  if (key === undefined || fields === null || fields === undefined) return [];
  const known = [...mapOf(fields)].flatMap(([name, value]) => {
    const bytes = typeof value === "string" ? Buffer.from(value) : value;
    return Buffer.isBuffer(bytes) ? [[name, bytes] as const] : [];
  });
  return known.length === 0 ? [] : [{ key, fields: new Map(known) }];
}

function mapOf(reply: Reply): Map<string, Reply> {
  if (Array.isArray(reply)) {
    const pairs = reply.flatMap((name: Reply, index) =>
      index % 2 === 0 ? [[textOf(name) ?? "", reply[index + 1]] as [string, Reply]] : [],
    );
    return new Map(pairs);
  }
  if (reply instanceof Map) return new Map(Array.from(reply, ([name, value]) => [textOf(name) ?? "", value]));
  return new Map(Object.entries(reply ?? {}));
}

/** The value after a name, however deep: Valkey Search has those of a vector a level down. */
function valueOf(reply: Reply, name: string): string | undefined {
  if (reply === null || typeof reply !== "object" || Buffer.isBuffer(reply)) return undefined;
  for (const [member, value] of mapOf(reply)) {
    if (member.toLowerCase() === name) return textOf(value);
    const deeper = valueOf(value, name);
    if (deeper !== undefined) return deeper;
  }
  return undefined;
}

function textOf(reply: Reply): string | undefined {
  return Buffer.isBuffer(reply) || typeof reply === "string" || typeof reply === "number" ? String(reply) : undefined;
}
