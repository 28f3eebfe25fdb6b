import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import process from "node:process";
import {
  BlobServiceClient,
  type newPipeline,
  type StoragePipelineOptions,
  StorageSharedKeyCredential,
} from "@azure/storage-blob";
import { checkOptionTypes, type OptionType } from "@llmcache/core";
import { AzureBlobBackend } from "./azure-blob-backend.ts";
import type { AzureBlobOptions } from "./azure-blob-options.ts";

/** An identity that hands out tokens, as those of `@azure/identity` do. */
type TokenCredential = Extract<Parameters<typeof newPipeline>[0], { getToken: unknown }>;

/** What `connectAzure` takes. Without a connection string, a key and a SAS token it signs in by an identity. */
export interface ConnectAzureOptions extends Omit<AzureBlobOptions, "client" | "container"> {
  /** The container. Made by the first operation that finds it missing. @default the variable AZURE_STORAGE_CONTAINER */
  readonly container?: string | undefined;
  /** Holds the account and its credentials. @default the variable AZURE_STORAGE_CONNECTION_STRING, unless an account is given */
  readonly connectionString?: string | undefined;
  /** For example "https://myaccount.blob.core.windows.net", with or without a SAS token behind it. @default made of `accountName` */
  readonly accountUrl?: string | undefined;
  /** @default the variable AZURE_STORAGE_ACCOUNT */
  readonly accountName?: string | undefined;
  /** The shared key of the account. @default the variable AZURE_STORAGE_KEY */
  readonly accountKey?: string | undefined;
  /** @default the variable AZURE_STORAGE_SAS_TOKEN */
  readonly sasToken?: string | undefined;
  /** An identity. @default `DefaultAzureCredential` of `@azure/identity`, which has to be installed for it */
  readonly credential?: TokenCredential | undefined;
  /** The SDK's own client options, which win over those that are set here. */
  readonly config?: StoragePipelineOptions | undefined;
}

/** One that closes its connections when it is disposed of. */
export type ConnectedAzureBlobBackend = AzureBlobBackend & { [Symbol.asyncDispose](): Promise<void> };

/** As many as Amazon's client has. */
const maxSockets = 50;

/** How long a connection is kept without a use: what is between may forget an idle one, and not say so. */
const longestIdleMs = 30_000;

/** The SDK would wait for four seconds and more, of which no cache has so many. */
const retryOptions = { maxTries: 3, retryDelayInMs: 100, maxRetryDelayInMs: 1_000 };

const optionTypes: Readonly<Record<keyof ConnectAzureOptions, OptionType>> = {
  container: "string",
  path: "string",
  name: "string",
  connectionString: "string",
  accountUrl: "string",
  accountName: "string",
  accountKey: "string",
  sasToken: "string",
  credential: "object",
  config: "object",
};

/**
 * A backend on a client of its own, with the settings that a cache needs: few and quick retries, and a bounded number of connections.
 * It sends nothing yet; `ping` tells whether the container can be used. Disposing of it closes its connections.
 *
 * @throws {TypeError} for an option that is missing, unknown or wrong
 */
export async function connectAzure(options: ConnectAzureOptions = {}): Promise<ConnectedAzureBlobBackend> {
  checkOptionTypes("connectAzure", options, optionTypes);
  const { container = process.env["AZURE_STORAGE_CONTAINER"], path, name, config } = options;
  if (container === undefined || container === "") {
    throw new TypeError(
      "connectAzure: container must be the name of a container, or the variable AZURE_STORAGE_CONTAINER must hold it",
    );
  }
  const open = await clientMaker(options);
  const Agent = open({}).url.startsWith("http:") ? HttpAgent : HttpsAgent;
  const agent = new Agent({ keepAlive: true, maxSockets, timeout: longestIdleMs, proxyEnv: process.env });
  const client = open({ retryOptions, agent, ...config });
  const backend = new AzureBlobBackend({ client, container, path, name });
  return Object.assign(backend, { [Symbol.asyncDispose]: async () => agent.destroy() });
}

/** The types of the SDK do not name the agent, which goes to the pipeline that they are the options of. */
type MakeClient = (config: StoragePipelineOptions & { readonly agent?: HttpAgent | HttpsAgent }) => BlobServiceClient;

async function clientMaker(options: ConnectAzureOptions): Promise<MakeClient> {
  const { env } = process;
  const { connectionString = env["AZURE_STORAGE_CONNECTION_STRING"] } = options;
  const hasAccount = options.accountUrl !== undefined || options.accountName !== undefined;
  if (options.connectionString !== undefined && hasAccount) {
    throw new TypeError(
      "connectAzure: connectionString holds the account, so accountUrl and accountName must not be given",
    );
  }
  if (connectionString !== undefined && connectionString !== "" && !hasAccount) {
    return (config) => fromConnectionString(connectionString, config);
  }
  const { accountName = env["AZURE_STORAGE_ACCOUNT"] ?? "" } = options;
  const { accountUrl = accountName === "" ? "" : `https://${accountName}.blob.core.windows.net` } = options;
  const url = URL.parse(accountUrl);
  if (url === null) {
    throw new TypeError(
      "connectAzure: connectionString, accountUrl or accountName must name the account, or the variable AZURE_STORAGE_CONNECTION_STRING or AZURE_STORAGE_ACCOUNT",
    );
  }
  const isSecretGiven = [options.accountKey, options.sasToken, options.credential].some((given) => given !== undefined);
  const secrets = isSecretGiven
    ? options
    : { accountKey: env["AZURE_STORAGE_KEY"], sasToken: env["AZURE_STORAGE_SAS_TOKEN"] };
  if (isText(secrets.accountKey)) {
    const credential = new StorageSharedKeyCredential(accountName || accountNameIn(url), secrets.accountKey);
    return (config) => new BlobServiceClient(url.href, credential, config);
  }
  if (isText(secrets.sasToken)) url.search = secrets.sasToken;
  if (url.searchParams.has("sig")) return (config) => new BlobServiceClient(url.href, undefined, config);
  const credential = patient(options.credential ?? (await defaultCredential()));
  return (config) => new BlobServiceClient(url.href, credential, config);
}

function fromConnectionString(connectionString: string, config: StoragePipelineOptions): BlobServiceClient {
  try {
    // It completes the options that it is given.
    return BlobServiceClient.fromConnectionString(connectionString, { ...config });
  } catch (error) {
    throw new TypeError("connectAzure: connectionString must be the connection string of a storage account", {
      cause: error,
    });
  }
}

/** An emulator has the account in the path, Azure in the name of the host. */
function accountNameIn({ hostname, pathname }: URL): string {
  const [first = ""] = pathname.split("/").filter((segment) => segment !== "");
  return first === "" ? (hostname.split(".")[0] ?? "") : first;
}

async function defaultCredential(): Promise<TokenCredential> {
  try {
    const { DefaultAzureCredential } = await import("@azure/identity");
    return new DefaultAzureCredential();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND")) throw error;
    throw new TypeError(
      "connectAzure: without a connectionString, an accountKey, a sasToken or a credential it needs @azure/identity: install that",
      { cause: error },
    );
  }
}

/** A token may take longer than one read has: it is waited for to its end, so that a later one finds it. */
function patient(credential: TokenCredential): TokenCredential {
  return { getToken: (scopes, { abortSignal: _, ...options } = {}) => credential.getToken(scopes, options) };
}

function isText(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}
