import { checkOptions, describeType, type Duration, parsePositiveDuration, vectorSpaceName } from "@llmcache/core";
import type { QdrantClient } from "@qdrant/js-client-rest";
import { type Quantization, quantizations } from "./quantization.ts";

/** What any backend on Qdrant takes, whoever made its client. */
export interface QdrantStoreOptions {
  /** What makes the vectors, `"text-embedding-3-small"` say: those of another are never compared with them. A part of the collection's name. */
  readonly embedder: string;
  /** The length of every vector. */
  readonly dimensions: number;
  /** What the collection's name begins with. @default "llmcache" */
  readonly prefix?: string | undefined;
  /** Whether a search goes through all vectors of a scope, or by the index, which is faster where there are many and may miss a few. @default "approximate" */
  readonly search?: "exact" | "approximate" | undefined;
  /** How a collection that is not there yet is to keep its vectors in memory. @default "scalar" */
  readonly quantization?: Quantization | undefined;
  /** How long a request may take, however long its caller waits. @default "10s" */
  readonly timeout?: Duration | undefined;
  /** Tells it from others in outcomes and events. @default "qdrant" */
  readonly name?: string | undefined;
}

/** What `new QdrantSemanticBackend` takes. */
export interface QdrantSemanticOptions extends QdrantStoreOptions {
  /** The client to send requests by. One with a `timeout` of its own is not interrupted by an abort, only no longer waited for. */
  readonly client: QdrantClient;
}

/** The options with everything filled in. */
export interface QdrantSettings {
  readonly client: QdrantClient;
  readonly collection: string;
  readonly dimensions: number;
  readonly search: "exact" | "approximate";
  readonly quantization: Quantization;
  readonly timeoutMs: number;
  readonly name: string;
}

/** The names of `QdrantStoreOptions`. */
export const storeOptionNames: readonly (keyof QdrantStoreOptions)[] = [
  "embedder",
  "dimensions",
  "prefix",
  "search",
  "quantization",
  "timeout",
  "name",
];

/** How entries are kept in a collection. Another way is another number, and so another collection. */
const schemaVersion = 1;

/** @throws {TypeError} that names the option and the type of what was given, never the value */
export function parseQdrantOptions(options: QdrantSemanticOptions): QdrantSettings {
  checkOptions(owner, options, ["client", ...storeOptionNames]);
  const { client, embedder, dimensions, prefix = "llmcache", search = "approximate" } = options;
  const { quantization = "scalar", timeout = "10s", name = "qdrant" } = options;
  if (typeof client?.api !== "function") throw wrong("client", "a QdrantClient", client);
  // A collection is a folder on the server.
  if (typeof prefix !== "string" || !/^[a-zA-Z0-9._-]{1,100}$/.test(prefix))
    throw wrong("prefix", "1 to 100 characters of a-z A-Z 0-9 . _ -", prefix);
  if (search !== "exact" && search !== "approximate") throw wrong("search", '"exact" or "approximate"', search);
  if (!quantizations.includes(quantization))
    throw wrong("quantization", '"scalar", "binary", "product" or "none"', quantization);
  if (typeof name !== "string" || name === "") throw wrong("name", "a string of at least one character", name);
  const timeoutMs = parsePositiveDuration(timeout, `${owner}: timeout`);
  // Of a timer.
  if (!(timeoutMs >= 1 && timeoutMs <= 2 ** 31 - 1))
    throw new TypeError(`${owner}: timeout must be from 1 ms to 24 days`);
  const collection = `${prefix}-${vectorSpaceName(owner, { embedder, dimensions, version: schemaVersion })}`;
  return { client, collection, dimensions, search, quantization, timeoutMs, name };
}

const owner = "QdrantSemanticBackend";

function wrong(option: string, expected: string, value: unknown): TypeError {
  return new TypeError(`${owner}: ${option} must be ${expected}, got ${describeType(value)}`);
}
