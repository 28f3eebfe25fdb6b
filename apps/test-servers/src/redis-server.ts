import { join } from "node:path";
import { certificateFiles, type Certificates, makeCertificates } from "./certificates.ts";
import { debianLaunch } from "./debian-packages.ts";
import { fetchProgram } from "./fetch-program.ts";
import { type RedisReply, runRedisCommand } from "./redis-connection.ts";
import { redisFromEnvironment } from "./redis-from-environment.ts";
import type { RedisOptions, RedisTlsOptions } from "./redis-options.ts";
import { startServerProcess } from "./server-process.ts";

/** A Redis server, or one that speaks its protocol. */
export interface RedisServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** `redis://` or `rediss://`, with the password. */
  readonly url: string;
  /** Where it listens too, if that was asked for. */
  readonly socketPath?: string;
  /** What a client needs for TLS, if that was asked for. */
  readonly tls?: Certificates;
  /** Its process, until the next restart. */
  readonly processId: number;
  /** Runs one command for the test's own use, over a connection of its own. @throws with the server's words when it refuses. */
  command(...command: readonly [string, ...string[]]): Promise<RedisReply>;
  /** Stops it as if the machine had stalled: connections stay open, and nothing answers. */
  freeze(): void;
  /** Lets it go on after `freeze`. */
  thaw(): void;
  /** Ends it at once. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port, without what it held. Resolves when it answers. */
  restart(): Promise<void>;
  /** Ends it and removes its files. */
  stop(): Promise<void>;
}

/** What `startRedis` takes. */
export interface StartRedisOptions extends RedisOptions {
  /** Whether it has the search module: `FT.CREATE` and `FT.SEARCH` on hashes, of RediSearch 2.6. @default false */
  readonly search?: boolean;
}

/**
 * Starts a Redis on a free port of 127.0.0.1, in memory only. LLMCACHE_TEST_REDIS_URL, or LLMCACHE_TEST_REDIS_SEARCH_URL with `search`,
 * names a server to use in its place, for calls that ask for nothing else: that one is shared with other tests.
 *
 * @throws ServerUnavailable where this machine cannot run it.
 */
export async function startRedis(options: StartRedisOptions = {}): Promise<RedisServer> {
  return redisFromEnvironment(options) ?? (await startRedisNode(options));
}

/** What tells a node of a Cluster and a Sentinel from a Redis of its own. */
export interface RedisRole {
  /** @default none */
  readonly portOffsets?: readonly number[];
  /** What comes first on the command line. */
  parameters(folder: string): readonly string[] | Promise<readonly string[]>;
}

const inMemoryOnly: RedisRole = { parameters: () => ["--save", "", "--appendonly", "no"] };

/** Starts a server of our own, whatever the environment names. */
export async function startRedisNode(options: RedisOptions, role: RedisRole = inMemoryOnly): Promise<RedisServer> {
  const { version = "redis-7", parameters = [], password } = options;
  const tls = options.tls === true ? {} : options.tls === false ? undefined : options.tls;
  const program = await fetchProgram(version);
  let certificates: Certificates | undefined;
  const command = (folder: string, parts: readonly string[]) =>
    runRedisCommand({ connect: { path: socketIn(folder) }, password }, parts);
  const server = await startServerProcess({
    name: version,
    portOffsets: role.portOffsets ?? [],
    launch: async ({ port, folder }) => {
      if (tls !== undefined) {
        certificates ??= await makeCertificates(program, folder, tls.hostNames ?? ["localhost", "127.0.0.1"]);
      }
      return debianLaunch(program, version === "valkey-9" ? "valkey-server" : "redis-server", [
        ...(await role.parameters(folder)),
        ...["--bind", "127.0.0.1", "--dir", folder],
        // What the test itself asks goes this way: it is open whatever TLS and certificates a client needs.
        ...["--unixsocket", socketIn(folder), "--unixsocketperm", "700"],
        ...(tls === undefined ? ["--port", String(port)] : tlsParameters(port, folder, tls)),
        ...(password === undefined ? [] : ["--requirepass", password]),
        ...parameters,
      ]);
    },
    // Not over the port: there another server may answer, which was faster to take it.
    ready: async ({ folder }) => (await command(folder, ["PING"])) === "PONG",
  });
  const host = "127.0.0.1";
  const login = password === undefined ? "" : `:${encodeURIComponent(password)}@`;
  return {
    host,
    port: server.port,
    url: `${tls === undefined ? "redis" : "rediss"}://${login}${host}:${server.port}`,
    ...(options.unixSocket === true ? { socketPath: socketIn(server.folder) } : {}),
    ...(certificates === undefined ? {} : { tls: certificates }),
    get processId() {
      return server.processId;
    },
    command: (...parts) => command(server.folder, parts),
    freeze: server.freeze,
    thaw: server.thaw,
    kill: server.kill,
    restart: server.restart,
    stop: server.stop,
    [Symbol.asyncDispose]: server.stop,
  };
}

function socketIn(folder: string): string {
  return join(folder, "redis.sock");
}

function tlsParameters(
  port: number,
  folder: string,
  { clientCertificate = false }: RedisTlsOptions,
): readonly string[] {
  const file = (name: keyof typeof certificateFiles) => join(folder, certificateFiles[name]);
  return [
    ...["--port", "0", "--tls-port", String(port), "--tls-auth-clients", clientCertificate ? "yes" : "no"],
    ...["--tls-cert-file", file("serverCertificate"), "--tls-key-file", file("serverKey")],
    ...["--tls-ca-cert-file", file("ca"), "--tls-replication", "yes", "--tls-cluster", "yes"],
  ];
}
