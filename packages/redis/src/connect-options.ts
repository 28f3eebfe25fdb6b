import { checkOptions, describeType, type Duration, parsePositiveDuration } from "@llmcache/core";
import type { ConnectionOptions } from "node:tls";
import { parseNodes, parsePort, parseRedisUrl, type RedisNode } from "./address.ts";
import type { CredentialProvider } from "./credentials.ts";
import type { RedisStoreOptions } from "./redis-options.ts";
import { parseTls, type RedisTls } from "./redis-tls.ts";

/** How to find the primary through Sentinel. */
export interface RedisSentinel {
  /** Some of the Sentinels: they know the others. */
  readonly nodes: readonly RedisNode[];
  /** What they call the primary, `"mymaster"` say. */
  readonly name: string;
  /** The user of the Sentinels themselves. @default the default user */
  readonly username?: string | undefined;
  /** The password of the Sentinels themselves; that of the data nodes is beside it, as ever. @default none */
  readonly password?: string | undefined;
  /** TLS with the Sentinels. @default as with the data nodes */
  readonly tls?: boolean | RedisTls | undefined;
}

/** How to reach Redis. What is left out comes from the environment, and then from the defaults. */
export interface RedisConnectionOptions {
  /** `redis://user:password@host:port/database`, `rediss://` for TLS, or `unix:///path`. One of `url`, `host`, `path`, `cluster` and `sentinel`. */
  readonly url?: string | undefined;
  /** @default "localhost" */
  readonly host?: string | undefined;
  /** @default 6379 */
  readonly port?: number | undefined;
  /** A unix socket. */
  readonly path?: string | undefined;
  /** Some nodes of a Cluster: they know the others. */
  readonly cluster?: readonly RedisNode[] | undefined;
  readonly sentinel?: RedisSentinel | undefined;
  /** The number of the database. @default 0, the only one that a Cluster has */
  readonly database?: number | undefined;
  /** The user of an access control list. @default the default user */
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Credentials that change: tokens of a cloud, rotated passwords. In place of `username` and `password`. */
  readonly credentials?: CredentialProvider | undefined;
  /** @default false, unless the URL begins with rediss:// */
  readonly tls?: boolean | RedisTls | undefined;
  /** What this client is called in Redis' CLIENT LIST. @default "llmcache" */
  readonly connectionName?: string | undefined;
  /** How long making a connection may take. @default "2s" */
  readonly connectTimeout?: Duration | undefined;
  /** How long a command may take, however long its caller waits. A connection that is silent for as long is replaced. @default "5s" */
  readonly commandTimeout?: Duration | undefined;
}

/** What `connectRedis` takes. */
export interface ConnectRedisOptions extends RedisConnectionOptions, RedisStoreOptions {
  /** Where to read the variables from. @default process.env */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
}

/** Where Redis is. */
export type RedisAddress =
  | { readonly host: string; readonly port: number }
  | { readonly path: string }
  | { readonly cluster: readonly RedisNode[] }
  | { readonly sentinel: Omit<RedisSentinel, "tls"> & { readonly tls: ConnectionOptions | undefined } };

/** How to reach Redis, with everything filled in. */
export interface ConnectionSettings {
  readonly address: RedisAddress;
  readonly database: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly credentials: CredentialProvider | undefined;
  readonly tls: ConnectionOptions | undefined;
  readonly connectionName: string;
  readonly connectTimeoutMs: number;
  readonly commandTimeoutMs: number;
}

/** Those of which there can be one. */
export const addressOptions = ["url", "host", "path", "cluster", "sentinel"] as const;
export type AddressOption = (typeof addressOptions)[number];

const known = [
  ...[...addressOptions, "port", "database", "username", "password", "credentials", "tls", "connectionName"],
  ...["connectTimeout", "commandTimeout", "prefix", "name", "nodeTimeout", "environment"],
];

/** @throws {TypeError} for an option that is unknown or wrong, and for two that name different servers */
export function checkConnectOptions(options: ConnectRedisOptions): void {
  checkOptions("connectRedis", options, known);
  const given = addressOptions.filter((name) => options[name] !== undefined);
  if (given.length > 1)
    throw new TypeError(`connectRedis: give one of ${given.join(" and ")}, they name different servers`);
  if (options.port !== undefined && given[0] !== undefined && given[0] !== "host")
    throw new TypeError(`connectRedis: give one of ${given[0]} and port, they name different servers`);
  for (const name of ["url", "host", "path", "username", "password", "connectionName"] as const) {
    const value: unknown = options[name];
    if (value !== undefined && (typeof value !== "string" || value === ""))
      throw new TypeError(
        `connectRedis: ${name} must be a string of at least one character, got ${describeType(value)}`,
      );
  }
  const { credentials } = options;
  if (credentials !== undefined && typeof credentials !== "function")
    throw new TypeError(`connectRedis: credentials must be a function, got ${describeType(credentials)}`);
  if (credentials !== undefined && (options.password ?? options.username) !== undefined)
    throw new TypeError("connectRedis: give either credentials, or username and password");
}

/** The options with everything filled in, the URL being expanded already. @throws {TypeError} for one that is wrong */
export function parseConnectOptions(options: RedisConnectionOptions): ConnectionSettings {
  const tls = parseTls("connectRedis: tls", options.tls ?? false);
  const address = addressOf(options, tls);
  const database: unknown = options.database ?? 0;
  if (!Number.isInteger(database) || (database as number) < 0)
    throw new TypeError(`connectRedis: database must be a whole number from 0, got ${describeType(database)}`);
  if ("cluster" in address && database !== 0)
    throw new TypeError("connectRedis: database must be 0 with cluster, which has no other");
  return {
    address,
    database: database as number,
    username: options.username,
    password: options.password,
    credentials: options.credentials,
    tls,
    connectionName: options.connectionName ?? "llmcache",
    connectTimeoutMs: milliseconds("connectTimeout", options.connectTimeout ?? "2s"),
    commandTimeoutMs: milliseconds("commandTimeout", options.commandTimeout ?? "5s"),
  };
}

/** The options with what their URL says, where they do not say it themselves, and without what is `undefined`. */
export function expandUrl(field: string, { url, ...options }: RedisConnectionOptions): RedisConnectionOptions {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { ...(url !== undefined && parseRedisUrl(field, url)), ...given };
}

function addressOf(options: RedisConnectionOptions, tls: ConnectionOptions | undefined): RedisAddress {
  const { host = "localhost", port = 6379, path, cluster, sentinel } = options;
  if (path !== undefined) return { path };
  if (cluster !== undefined) return { cluster: parseNodes("connectRedis: cluster", cluster) };
  if (sentinel === undefined) return { host, port: parsePort("connectRedis: port", port) };
  checkOptions("connectRedis: sentinel", sentinel, ["nodes", "name", "username", "password", "tls"]);
  const { name, nodes } = sentinel;
  if (typeof name !== "string" || name === "")
    throw new TypeError(
      `connectRedis: sentinel.name must be what the Sentinels call the primary, got ${describeType(name)}`,
    );
  return {
    sentinel: {
      ...sentinel,
      nodes: parseNodes("connectRedis: sentinel.nodes", nodes),
      tls: sentinel.tls === undefined ? tls : parseTls("connectRedis: sentinel.tls", sentinel.tls),
    },
  };
}

function milliseconds(name: string, value: Duration): number {
  const ms = parsePositiveDuration(value, `connectRedis: ${name}`);
  if (ms >= 1 && ms <= 2 ** 31 - 1) return ms;
  throw new TypeError(`connectRedis: ${name} must be from 1 ms to 24 days`);
}
