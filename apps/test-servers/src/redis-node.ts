import { join } from "node:path";
import { certificateFiles, type IssuedCertificates, makeCertificates, writeCertificates } from "./certificates.ts";
import { debianLaunch } from "./debian-packages.ts";
import { fetchProgram } from "./fetch-program.ts";
import { runRedisCommand } from "./redis-connection.ts";
import type { RedisOptions, RedisTlsOptions } from "./redis-options.ts";
import type { RedisServer } from "./redis-server.ts";
import { searchModuleLaunch } from "./search-module.ts";
import { startServerProcess } from "./server-process.ts";
import { stoppable } from "./stoppable.ts";

/** What tells a node of a Cluster, and a Sentinel, from a Redis of its own. */
export interface RedisRole {
  /** What comes first on the command line. @default that nothing is kept on disk */
  readonly parameters?: (folder: string) => readonly string[] | Promise<readonly string[]>;
  /** @default none */
  readonly portOffsets?: readonly number[];
  /** Those that several servers have in common. @default the server's own */
  readonly certificates?: IssuedCertificates | undefined;
}

/** Keeps nothing on disk. */
export const inMemoryOnly: readonly string[] = ["--save", "", "--appendonly", "no"];

/** Starts a server of our own, whatever the environment names. */
export async function startRedisNode(options: RedisOptions, role: RedisRole = {}): Promise<RedisServer> {
  const { version = "redis-7", parameters = [], password } = options;
  const tls = tlsOptions(options);
  const certificates = role.certificates ?? (await certificatesFor(options));
  const program = await fetchProgram(version);
  const search = options.search === true ? searchModuleLaunch(await fetchProgram("redis-search")) : undefined;
  const command = (folder: string, parts: readonly string[]) =>
    runRedisCommand({ connect: { path: socketIn(folder) }, password }, parts);
  const server = await startServerProcess({
    name: version,
    portOffsets: role.portOffsets ?? [],
    launch: async ({ port, folder }) => {
      if (certificates !== undefined) await writeCertificates(folder, certificates);
      const launch = debianLaunch(program, version === "valkey-9" ? "valkey-server" : "redis-server", [
        ...((await role.parameters?.(folder)) ?? inMemoryOnly),
        ...["--bind", "127.0.0.1", "--dir", folder],
        // What the test itself asks goes this way: it is open whatever TLS and certificates a client needs.
        ...["--unixsocket", socketIn(folder), "--unixsocketperm", "700"],
        ...(tls === undefined ? ["--port", String(port)] : tlsParameters(port, folder, tls)),
        ...(password === undefined ? [] : ["--requirepass", password]),
        ...(search?.args ?? []),
        ...parameters,
      ]);
      return { ...launch, environment: search?.environment ?? {} };
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
    ...(certificates === undefined ? {} : { tls: certificates.forClients }),
    get processId() {
      return server.processId;
    },
    command: (...parts) => command(server.folder, parts),
    freeze: server.freeze,
    thaw: server.thaw,
    kill: server.kill,
    restart: server.restart,
    ...stoppable(server.stop),
  };
}

/** Certificates of the kind that the options ask for, if they do. */
export async function certificatesFor(options: RedisOptions): Promise<IssuedCertificates | undefined> {
  const tls = tlsOptions(options);
  if (tls === undefined) return undefined;
  return makeCertificates(tls.hostNames);
}

function tlsOptions({ tls = false }: RedisOptions): RedisTlsOptions | undefined {
  if (tls === true) return {};
  return tls === false ? undefined : tls;
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
    ...["--tls-cert-file", file("certificate"), "--tls-key-file", file("key"), "--tls-ca-cert-file", file("ca")],
    ...["--tls-replication", "yes", "--tls-cluster", "yes"],
  ];
}
