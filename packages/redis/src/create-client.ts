import { Cluster, Redis } from "ioredis";
import type { RedisNode } from "./address.ts";
import type { RedisClient } from "./client.ts";
import type { ConnectionSettings } from "./connect-options.ts";
import { SignIn } from "./sign-in.ts";
import { connectorFor } from "./signing-connector.ts";

/** A client that a cache can use: it fails fast, and never lets commands pile up behind a server that is away. It connects when told to. */
export function createClient(settings: ConnectionSettings): RedisClient {
  const client =
    "cluster" in settings.address ? createCluster(settings, settings.address.cluster) : createRedis(settings);
  // What goes wrong is told by the operations that it went wrong for.
  client.on("error", () => undefined);
  return client;
}

function createCluster(settings: ConnectionSettings, nodes: readonly RedisNode[]): Cluster {
  const signIn = settings.credentials && new SignIn(settings.credentials);
  const cluster = new Cluster(
    nodes.map(({ host, port = 6379 }) => ({ host, port })),
    {
      lazyConnect: true,
      redisOptions: commonOptions(settings, signIn),
      // A node that is gone is asked for anew for half a second; whoever waits has gone on without it by then.
      maxRedirections: 5,
      slotsRefreshTimeout: settings.connectTimeoutMs,
      clusterRetryStrategy: reconnectDelayMs,
      // A certificate is for a name, not for what it resolves to.
      ...(settings.tls !== undefined && { dnsLookup: (host, done) => done(null, host) }),
    },
  );
  cluster.on("+node", (node: Redis) => {
    signIn?.keep(node);
    // At once, and not with the first command, which would wait for it; and why it fails, the Cluster is only told by this one.
    if (node.options.readOnly !== true) node.connect().catch(() => undefined);
  });
  return cluster;
}

function createRedis(settings: ConnectionSettings): Redis {
  const signIn = settings.credentials && new SignIn(settings.credentials);
  const client = new Redis({
    ...commonOptions(settings, signIn),
    ...addressOptions(settings),
    db: settings.database,
    lazyConnect: true,
    retryStrategy: reconnectDelayMs,
    // The backend waits for the connection itself, and only while there is hope.
    enableOfflineQueue: false,
  });
  signIn?.keep(client);
  return client;
}

function addressOptions({ address, tls, connectTimeoutMs }: ConnectionSettings) {
  if (!("sentinel" in address)) return "cluster" in address ? {} : address;
  const { nodes, name, username, password, tls: sentinelTls } = address.sentinel;
  return {
    sentinels: nodes.map(({ host, port = 26_379 }) => ({ host, port })),
    name,
    sentinelUsername: username,
    sentinelPassword: password,
    sentinelTLS: sentinelTls,
    enableTLSForSentinelMode: tls !== undefined,
    sentinelCommandTimeout: connectTimeoutMs,
    sentinelRetryStrategy: reconnectDelayMs,
  };
}

function commonOptions(settings: ConnectionSettings, signIn: SignIn | undefined) {
  const { username, password, tls, connectionName, connectTimeoutMs, commandTimeoutMs } = settings;
  return {
    ...(signIn !== undefined && { Connector: connectorFor(signIn) }),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls !== undefined && { tls }),
    connectionName,
    connectTimeout: connectTimeoutMs,
    commandTimeout: commandTimeoutMs,
    socketTimeout: commandTimeoutMs,
    // What was under way when the connection broke is sent again on the next one, if that comes up at the first attempt.
    maxRetriesPerRequest: 1,
    reconnectOnError: reconnectWhenDemoted(),
  };
}

/** Soon at first, and every second at the most, a little apart so that not all processes come at once. */
function reconnectDelayMs(attempts: number): number {
  return Math.min(1_000, 50 * 2 ** Math.min(attempts - 1, 5)) * (0.8 + 0.4 * Math.random());
}

/** A primary that has become a replica is left, for its address may lead to the new one by now; not for each write that it refuses, though. */
function reconnectWhenDemoted(): (error: Error) => boolean {
  let lastAt = -Infinity;
  return (error) => {
    if (!error.message.startsWith("READONLY") || performance.now() - lastAt < 5_000) return false;
    lastAt = performance.now();
    return true;
  };
}
