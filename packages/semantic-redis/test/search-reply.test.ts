import { serverOrSkip, startRedis } from "@llmcache/test-servers";
import { Redis } from "ioredis";
import { describe, expect, onTestFinished, test } from "vitest";
import { isMissingIndex, parseIndexInfo, parseSearchReply } from "../src/search-reply.ts";
import { parseNeighbours } from "../src/vector-sets.ts";

const bytes = Buffer.from([0, 255, 10, 13]);
const expected = [
  {
    key: "p:1",
    fields: new Map([
      ["distance", Buffer.from("0.5")],
      ["value", bytes],
    ]),
  },
  { key: "p:2", fields: new Map([["distance", Buffer.from("1")]]) },
];
const fields = [Buffer.from("distance"), Buffer.from("0.5"), Buffer.from("value"), bytes];

describe("a reply to FT.SEARCH", () => {
  test("is read as RediSearch 2 and RESP2 give it, without documents that went away meanwhile", () => {
    const reply = [3, Buffer.from("p:1"), fields, Buffer.from("p:gone"), null, "p:2", ["distance", "1"]];
    expect(parseSearchReply(reply)).toEqual(expected);
    expect(parseSearchReply([0])).toEqual([]);
  });

  test("is read as RediSearch 8 gives it by RESP3, as lists, objects or maps", () => {
    const results = [
      [Buffer.from("id"), Buffer.from("p:1"), Buffer.from("extra_attributes"), fields, Buffer.from("values"), []],
      { id: "p:gone", extra_attributes: null, values: [] },
      new Map<string, unknown>([
        ["id", "p:2"],
        ["extra_attributes", { distance: "1" }],
      ]),
    ];
    const members = { attributes: [], warning: [], total_results: 3, format: "STRING", results };
    expect(parseSearchReply(members)).toEqual(expected);
    expect(parseSearchReply(Object.entries(members).flat())).toEqual(expected);
    expect(parseSearchReply(new Map(Object.entries(members)))).toEqual(expected);
  });

  test("is read as a client gives a map of RESP3 that a server really sent", async (context) => {
    const { url } = await serverOrSkip(context, () => startRedis({ version: "redis-8" }));
    const script = `redis.setresp(3) return { map = { total_results = 1, results = { { map = { id = "p:1", extra_attributes = { map = { value = ARGV[1] } } } } } } }`;
    for (const protocol of [2, 3] as const) {
      const client = new Redis(url, { protocol });
      onTestFinished(() => client.disconnect());
      const reply = await client.callBuffer("EVAL", script, 0, bytes);
      expect(parseSearchReply(reply)).toEqual([{ key: "p:1", fields: new Map([["value", bytes]]) }]);
    }
  });

  test("of another form is refused, not taken for one that found nothing", () => {
    for (const reply of ["OK", null, {}, []]) expect(() => parseSearchReply(reply)).toThrow("not known here");
  });
});

describe("a reply to FT.INFO", () => {
  const definition = ["key_type", "HASH", "prefixes", ["p:"], "default_score", "1"];
  const field = (name: string, type: string, ...more: unknown[]) => [
    "identifier",
    name,
    "attribute",
    name,
    "type",
    type,
    ...more,
  ];
  const known = {
    keyType: "HASH",
    prefixes: ["p:"],
    fields: new Map([
      ["scope", "TAG"],
      ["vector", "VECTOR"],
    ]),
  };

  test("is read as RediSearch 2.6 gives it, which says nothing of the vectors", () => {
    const attributes = [field("scope", "TAG", "SEPARATOR", ","), field("vector", "VECTOR")];
    const reply = ["index_name", "i", "index_definition", definition, "attributes", attributes];
    expect(parseIndexInfo(reply)).toEqual({ ...known, dimensions: undefined, metric: undefined, dataType: undefined });
  });

  test("is read as RediSearch 2.10 and 8 give it, by either protocol", () => {
    const vector = ["algorithm", "HNSW", "data_type", "FLOAT32", "dim", 4, "distance_metric", "COSINE", "M", 16];
    const attributes = [field("scope", "TAG"), field("vector", "VECTOR", ...vector)];
    const described = { ...known, dimensions: 4, metric: "COSINE", dataType: "FLOAT32" };
    expect(parseIndexInfo(["index_definition", definition, "attributes", attributes])).toEqual(described);
    const asObject = (pairs: readonly unknown[]) =>
      Object.fromEntries(
        pairs.flatMap((name, index) => (index % 2 === 0 ? [[name, pairs[index + 1]]] : [])) as [string, unknown][],
      );
    expect(
      parseIndexInfo({
        index_definition: asObject(definition),
        attributes: attributes.map((one) => ({ ...asObject(one), flags: [] })),
      }),
    ).toEqual(described);
  });

  test("is read as Valkey Search documents it, with the vector's members a level down", () => {
    const index = [
      "capacity",
      10240,
      "dimensions",
      4,
      "distance_metric",
      "COSINE",
      "size",
      "0",
      "data_type",
      "FLOAT32",
    ];
    const attributes = [field("scope", "TAG"), field("vector", "VECTOR", "index", index)];
    const reply = ["index_name", "i", "index_definition", definition, "attributes", attributes];
    expect(parseIndexInfo(reply)).toEqual({ ...known, dimensions: 4, metric: "COSINE", dataType: "FLOAT32" });
  });
});

test("an index that is missing is told from other failures, in the words of each version", () => {
  const missing = [
    "Unknown Index name",
    "Unknown index name",
    "i: no such index",
    "Index with name 'i' not found in database 0",
    "SEARCH_INDEX_NOT_FOUND Index not found: i",
  ];
  for (const message of missing) expect(isMissingIndex(new Error(message))).toBe(true);
  for (const message of ["Syntax error at offset 3", "Index already exists", "unknown command 'FT.SEARCH'"])
    expect(isMissingIndex(new Error(message))).toBe(false);
});

test("the neighbours of a vector set are in the order of their scores, whatever becomes of a map on its way", () => {
  const expectedNeighbours = [
    { element: "b#1", score: 1 },
    { element: "a#1", score: 0 },
    { element: "7#1", score: -1 },
  ];
  expect(parseNeighbours(["b#1", "1", "a#1", "0.5", "7#1", "0"])).toEqual(expectedNeighbours);
  expect(parseNeighbours({ "7#1": 0, "a#1": 0.5, "b#1": 1 })).toEqual(expectedNeighbours);
  expect(
    parseNeighbours(
      new Map([
        ["7#1", 0],
        ["b#1", 1],
        ["a#1", 0.5],
      ]),
    ),
  ).toEqual(expectedNeighbours);
  expect(parseNeighbours([])).toEqual([]);
});
