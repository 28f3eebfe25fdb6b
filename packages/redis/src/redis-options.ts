import { checkOptions, describeType, type Duration, parsePositiveDuration } from "@llmcache/core";
import type { ClusterOptions, RedisOptions } from "ioredis";
import type { RedisClient } from "./client.ts";

/** What any backend on Redis takes, whoever made its client. */
export interface RedisStoreOptions {
  /** What the keys begin with in Redis: what else is there is neither seen nor touched. @default "llmcache:" */
  readonly prefix?: string | undefined;
  /** Tells it from others in outcomes and events. @default "redis" */
  readonly name?: string | undefined;
  /**
   * On a Cluster, how long a batch of reads waits for more once a part of it has been answered. What is missing then is an error of its keys alone.
   * @default "200ms": less than a cache waits for the whole
   */
  readonly nodeTimeout?: Duration | undefined;
}

/** What `new RedisBackend` takes. */
export interface RedisBackendOptions extends RedisStoreOptions {
  /** The client to send commands by. May not have a `keyPrefix`. */
  readonly client: RedisClient;
  /** What disposal does with the client. @default nothing: it stays open, for its owner to close */
  readonly release?: (() => Promise<void>) | undefined;
}

/** The options with everything filled in. */
export interface RedisBackendSettings {
  readonly client: RedisClient;
  readonly prefix: string;
  readonly name: string;
  readonly nodeTimeoutMs: number;
  readonly release: () => Promise<void>;
}

/** @throws {TypeError} that names the option and the type of what was given, never the value */
export function parseRedisOptions(options: RedisBackendOptions): RedisBackendSettings {
  checkOptions("RedisBackend", options, [
    "client",
    "prefix",
    "name",
    "nodeTimeout",
    "release",
  ] satisfies (keyof RedisBackendOptions)[]);
  const {
    client,
    prefix = "llmcache:",
    name = "redis",
    nodeTimeout = "200ms",
    release = async () => undefined,
  } = options;
  checkClient("RedisBackend", client);
  if (typeof prefix !== "string")
    throw new TypeError(`RedisBackend: prefix must be a string, got ${describeType(prefix)}`);
  if (typeof name !== "string" || name === "")
    throw new TypeError(`RedisBackend: name must be a string of at least one character, got ${describeType(name)}`);
  if (typeof release !== "function")
    throw new TypeError(`RedisBackend: release must be a function, got ${describeType(release)}`);
  const nodeTimeoutMs = parsePositiveDuration(nodeTimeout, "RedisBackend: nodeTimeout");
  return { client, prefix, name, nodeTimeoutMs, release };
}

/** @throws {TypeError} for what is no client, or one that changes keys on their way */
export function checkClient(owner: string, client: unknown): asserts client is RedisClient {
  const given = client as Partial<RedisClient> | null | undefined;
  if (typeof given?.getBuffer !== "function" || typeof given.duplicate !== "function")
    throw new TypeError(`${owner}: client must be a Redis or a Cluster of ioredis, got ${describeType(client)}`);
  const { keyPrefix, scaleReads = "master" } = (given.options ?? {}) as Partial<ClusterOptions & RedisOptions>;
  if (scaleReads !== "master")
    throw new TypeError(`${owner}: client reads from replicas, which lag behind: scaleReads must be "master"`);
  if (keyPrefix)
    throw new TypeError(`${owner}: client has a keyPrefix, which a listing does not see through: give the prefix here`);
}
