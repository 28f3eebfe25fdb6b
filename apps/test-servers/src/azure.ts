import { randomBytes } from "node:crypto";
import { join } from "node:path";
import process from "node:process";
import { fetchProgram } from "./fetch-program.ts";
import { startServerProcess } from "./server-process.ts";

/** A server that speaks Azure Blob Storage. */
export interface AzureServer extends AsyncDisposable {
  readonly connectionString: string;
  readonly accountName: string;
  /** In Base64. */
  readonly accountKey: string;
  /** With the name of the account, where that is part of the path. */
  readonly endpoint: string;
  stop(): Promise<void>;
}

/**
 * Starts Azurite, in memory and without a container. LLMCACHE_TEST_AZURE_CONNECTION_STRING names an account to use in its place.
 *
 * @throws ServerUnavailable where this machine cannot run it.
 */
export async function startAzure(): Promise<AzureServer> {
  return azureFromEnvironment() ?? (await startAzurite());
}

const accountName = "llmcache";

async function startAzurite(): Promise<AzureServer> {
  const program = await fetchProgram("azurite");
  const accountKey = randomBytes(64).toString("base64");
  const server = await startServerProcess({
    name: "Azurite",
    launch: ({ port }) => ({
      file: process.execPath,
      args: [
        join(program, "node_modules/azurite/dist/src/blob/main.js"),
        ...["--blobHost", "127.0.0.1", "--blobPort", String(port)],
        // Clients are newer than the versions that it knows.
        ...["--inMemoryPersistence", "--disableTelemetry", "--skipApiVersionCheck"],
      ],
      environment: { AZURITE_ACCOUNTS: `${accountName}:${accountKey}` },
    }),
    ready: async ({ port, output }) =>
      output.includes("successfully listens") && (await fetch(`http://127.0.0.1:${port}/`)).status > 0,
  });
  const endpoint = `http://127.0.0.1:${server.port}/${accountName}`;
  const account = `AccountName=${accountName};AccountKey=${accountKey}`;
  return {
    connectionString: `DefaultEndpointsProtocol=http;${account};BlobEndpoint=${endpoint};`,
    accountName,
    accountKey,
    endpoint,
    stop: server.stop,
    [Symbol.asyncDispose]: server.stop,
  };
}

function azureFromEnvironment(): AzureServer | undefined {
  const variable = "LLMCACHE_TEST_AZURE_CONNECTION_STRING";
  const connectionString = process.env[variable];
  if (!connectionString) return undefined;
  const fields = new Map(
    connectionString.split(";").map((field) => {
      const at = field.indexOf("=");
      return [field.slice(0, at), field.slice(at + 1)] as const;
    }),
  );
  const read = (name: string) => {
    const value = fields.get(name);
    if (!value) throw new Error(`${variable} has no ${name}`);
    return value;
  };
  const account = read("AccountName");
  const stop = () => Promise.resolve();
  return {
    connectionString,
    accountName: account,
    accountKey: read("AccountKey"),
    endpoint:
      fields.get("BlobEndpoint") ?? `${read("DefaultEndpointsProtocol")}://${account}.blob.${read("EndpointSuffix")}`,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
