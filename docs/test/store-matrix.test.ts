import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { connectAzure } from "../../packages/azure/src/index.ts";
import { type Backend, memory } from "../../packages/core/src/index.ts";
import { DiskBackend, JsonLinesBackend } from "../../packages/disk/src/index.ts";
import { connectGcs } from "../../packages/gcs/src/index.ts";
import { connectRedis } from "../../packages/redis/src/index.ts";
import { connectS3 } from "../../packages/s3/src/index.ts";
import { connectQdrant } from "../../packages/semantic-qdrant/src/index.ts";
import { connectSemanticRedis } from "../../packages/semantic-redis/src/index.ts";
import { workspaceRoot } from "../../scripts/workspace.ts";

/** One of each store that the README's matrix has a row for. None of them is used, so none opens anything. */
const stores: Readonly<Record<string, () => Backend | Promise<Backend>>> = {
  memory: () => memory(),
  disk: () => new DiskBackend({ directory: join(tmpdir(), "llmcache-never-made") }),
  "JSON lines": () => new JsonLinesBackend({ file: join(tmpdir(), "llmcache-never-made.jsonl") }),
  // Nothing listens there, and nothing is asked of it.
  redis: () => connectRedis({ host: "127.0.0.1", port: 1, environment: {} }),
  GCS: () => connectGcs({ bucket: "none" }),
  S3: () => connectS3({ bucket: "none", region: "us-east-1" }),
  "Azure Blob": () => connectAzure({ container: "none", accountName: "none", accountKey: "bm9uZQ==" }),
  "Redis, by meaning": () =>
    connectSemanticRedis({ host: "127.0.0.1", port: 1, environment: {}, embedder: "none", dimensions: 1 }),
  Qdrant: () => connectQdrant({ url: "http://127.0.0.1:1", embedder: "none", dimensions: 1, environment: {} }),
};

/** Those in which something else removes what is old: a rule that the owner of the bucket sets, or whoever writes. */
const expiry: Readonly<Record<string, string>> = {
  GCS: "by a lifecycle rule",
  S3: "by a lifecycle rule",
  "Azure Blob": "by a lifecycle rule",
  Qdrant: "now and then",
};

/** The columns that can be read from a store: the methods it has, and whether it says how late it drops what has expired. */
const columns: Readonly<Record<string, keyof Backend>> = {
  getMany: "getMany",
  putMany: "putMany",
  deleteMany: "deleteMany",
  swap: "swap",
  list: "list",
  ping: "ping",
  "expires entries": "expiryGranularityMs",
};

const rows = readMatrix(readFileSync(join(workspaceRoot, "README.md"), "utf8"));

test("the README's matrix has one row for each store", () => {
  expect([...rows.keys()]).toEqual(Object.keys(stores));
});

for (const [name, create] of Object.entries(stores)) {
  test(`the README's matrix says what the ${name} store can do`, async () => {
    const store = await create();
    const has = Object.entries(columns).map(([column, member]) => [column, store[member] === undefined ? "" : "yes"]);
    await store[Symbol.asyncDispose]?.();
    const expected: Record<string, string> = Object.fromEntries(has) as Record<string, string>;
    if (expiry[name] !== undefined) expected["expires entries"] = expiry[name];
    expect(rows.get(name)).toMatchObject(expected);
  });
}

/** The table whose first column is "store", as one record for each row. */
function readMatrix(text: string): Map<string, Record<string, string>> {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.startsWith("| store |"));
  const end = lines.findIndex((line, index) => index > start && !line.startsWith("|"));
  const [header = [], , ...body] = lines.slice(start, end).map(cellsOf);
  return new Map(
    body.map(([name = "", ...cells]) => [
      name,
      Object.fromEntries(header.slice(1).map((column, index) => [column.replaceAll("`", ""), cells[index] ?? ""])),
    ]),
  );
}

function cellsOf(line: string): string[] {
  return line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
}
