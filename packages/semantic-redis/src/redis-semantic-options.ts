import { checkOptions, describeType, type Duration, parsePositiveDuration, vectorSpaceName } from "@llmcache/core";
import { checkClient, type RedisClient } from "@llmcache/redis/commands";
import { type Engine, engines } from "./engine.ts";

/** What any semantic backend on Redis takes, whoever made its client. */
export interface RedisSemanticStoreOptions {
  /** What makes the vectors, `"text-embedding-3-small"` say: those of another are never compared with them. A part of every name in Redis. */
  readonly embedder: string;
  /** The length of every vector. */
  readonly dimensions: number;
  /** What all names in Redis begin with, those of keys and that of the index. @default "llmcache-semantic:" */
  readonly prefix?: string | undefined;
  /** What finds by meaning. @default what the server has, its search engine before its vector sets, on a Cluster the other way round */
  readonly engine?: Engine | undefined;
  /** Whether a search goes through all vectors of a scope, or by an index, which is faster where there are many and may miss a few. @default "approximate" */
  readonly search?: "exact" | "approximate" | undefined;
  /** Tells it from others in outcomes and events. @default "redis" */
  readonly name?: string | undefined;
  /**
   * On a Cluster, how long a batch of reads waits for more once a part of it has been answered. What is missing then is an error of its keys alone.
   * @default "200ms"
   */
  readonly nodeTimeout?: Duration | undefined;
}

/** What `new RedisSemanticBackend` takes. */
export interface RedisSemanticOptions extends RedisSemanticStoreOptions {
  /** The client to send commands by, that of a `RedisBackend` say. May not have a `keyPrefix`. */
  readonly client: RedisClient;
  /** What disposal does with the client. @default nothing: it stays open, for its owner to close */
  readonly release?: (() => Promise<void>) | undefined;
}

/** The options with everything filled in. */
export interface RedisSemanticSettings {
  readonly client: RedisClient;
  /** What the names of all that belongs together begin with, and the name of the index. */
  readonly space: string;
  readonly dimensions: number;
  readonly engine: Engine | undefined;
  readonly search: "exact" | "approximate";
  readonly name: string;
  readonly nodeTimeoutMs: number;
  readonly release: () => Promise<void>;
}

/** How entries are kept. Another way is another number, and so other names. */
const schemaVersion = 1;

const owner = "RedisSemanticBackend";

/** @throws {TypeError} that names the option and the type of what was given, never the value */
export function parseRedisSemanticOptions(options: RedisSemanticOptions): RedisSemanticSettings {
  checkOptions(owner, options, [
    ...["client", "embedder", "dimensions", "prefix", "engine"],
    ...["search", "name", "nodeTimeout", "release"],
  ]);
  const { client, embedder, dimensions, prefix, engine, search = "approximate" } = options;
  const { name = "redis", nodeTimeout = "200ms", release = async () => undefined } = options;
  checkClient(owner, client);
  const space = spaceOf({ embedder, dimensions, prefix });
  if (engine !== undefined && !engines.includes(engine)) throw wrong("engine", '"search" or "vector-sets"', engine);
  if (search !== "exact" && search !== "approximate") throw wrong("search", '"exact" or "approximate"', search);
  if (typeof name !== "string" || name === "") throw wrong("name", "a string of at least one character", name);
  if (typeof release !== "function") throw wrong("release", "a function", release);
  const nodeTimeoutMs = parsePositiveDuration(nodeTimeout, `${owner}: nodeTimeout`);
  return { client, space, dimensions, engine, search, name, nodeTimeoutMs, release };
}

/** What the names of all that belongs together begin with. @throws {TypeError} that names the option */
export function spaceOf({
  embedder,
  dimensions,
  prefix = "llmcache-semantic:",
}: Pick<RedisSemanticStoreOptions, "embedder" | "dimensions" | "prefix">): string {
  if (typeof prefix !== "string") throw wrong("prefix", "a string", prefix);
  return prefix + vectorSpaceName(owner, { embedder, dimensions, version: schemaVersion });
}

function wrong(option: string, expected: string, value: unknown): TypeError {
  return new TypeError(`${owner}: ${option} must be ${expected}, got ${describeType(value)}`);
}
