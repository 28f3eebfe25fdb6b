import process from "node:process";
import { Storage, type StorageOptions } from "@google-cloud/storage";
import { checkOptionTypes, type OptionType } from "@llmcache/core";
import { JWT } from "google-auth-library";
import { GcsBackend } from "./gcs-backend.ts";
import type { GcsOptions } from "./gcs-options.ts";
import { checkServiceAccount, readKeyFile, type ServiceAccount } from "./key-file.ts";

/** What `connectGcs` takes. Credentials that are left out the SDK finds as it always does (Application Default Credentials). */
export interface ConnectGcsOptions extends Omit<GcsOptions, "bucket" | "client"> {
  /** The bucket, which has to be there. @default the variable GCS_BUCKET_NAME */
  readonly bucket?: string | undefined;
  /** The JSON file of a service account, or of another kind of credentials. @default the variable GCS_PATH_SERVICE_ACCOUNT */
  readonly keyFilename?: string | undefined;
  /** What such a file of a service account holds. Wins over `keyFilename`. */
  readonly credentials?: Pick<ServiceAccount, "client_email" | "private_key"> | undefined;
  /** @default what the credentials say */
  readonly projectId?: string | undefined;
  /** Where the API is when not at Google's public address. A token is sent there only if there is a key file, or credentials. */
  readonly apiEndpoint?: string | undefined;
  /** The SDK's own client options, which win over all of the above. */
  readonly config?: StorageOptions | undefined;
}

/** How long a request, or that for a token, may take where the caller has set no deadline. */
const requestTimeoutMs = 30_000;

const optionTypes: Readonly<Record<keyof ConnectGcsOptions, OptionType>> = {
  bucket: "string",
  path: "string",
  maxSockets: "number",
  name: "string",
  keyFilename: "string",
  credentials: "object",
  projectId: "string",
  apiEndpoint: "string",
  config: "object",
};

/**
 * A backend on a client of its own, with the settings that a cache needs: bounded requests, also those for tokens, and few retries.
 * It sends nothing yet; `ping` tells whether the bucket can be used. Disposing of it closes its connections.
 *
 * @throws {TypeError} for an option that is missing, unknown or wrong, and for a key file that is none
 */
export async function connectGcs(options: ConnectGcsOptions = {}): Promise<GcsBackend> {
  checkOptionTypes("connectGcs", options, optionTypes);
  const { bucket = process.env["GCS_BUCKET_NAME"], path, maxSockets, name } = options;
  if (bucket === undefined || bucket === "") {
    throw new TypeError(
      "connectGcs: bucket must be the name of a bucket, or the variable GCS_BUCKET_NAME must hold it",
    );
  }
  const client = new Storage(await clientConfig(options));
  return new GcsBackend({ client, bucket, path, maxSockets, name });
}

async function clientConfig(options: ConnectGcsOptions): Promise<StorageOptions> {
  const { apiEndpoint, config, projectId } = options;
  const credentials = await credentialsOf(options);
  return {
    ...credentials,
    ...(projectId === undefined ? {} : { projectId }),
    ...(apiEndpoint === undefined ? {} : { apiEndpoint }),
    // The SDK would keep them to itself at an endpoint that is not Google's.
    ...(credentials === undefined ? {} : { useAuthWithCustomEndpoint: true }),
    timeout: requestTimeoutMs,
    // More are of no use within a cache's deadlines.
    retryOptions: { maxRetries: 2 },
    clientOptions: { transporterOptions: { timeout: requestTimeoutMs } },
    ...config,
  };
}

async function credentialsOf(options: ConnectGcsOptions): Promise<StorageOptions | undefined> {
  if (options.credentials !== undefined) {
    return signedBy(checkServiceAccount({ ...options.credentials }, "credentials"), options);
  }
  const { GCS_PATH_SERVICE_ACCOUNT: variable = "" } = process.env;
  const keyFilename = options.keyFilename ?? variable;
  if (keyFilename === "") return undefined;
  const field = options.keyFilename === undefined ? "the variable GCS_PATH_SERVICE_ACCOUNT" : "keyFilename";
  const account = await readKeyFile(keyFilename, field);
  return account === undefined ? { keyFilename } : signedBy(account, options);
}

/** The SDK is not given the file itself: it prints a warning about every one, because some kinds could send secrets anywhere. */
function signedBy(account: ServiceAccount, { config }: ConnectGcsOptions): StorageOptions {
  const { client_email: email, private_key: key, private_key_id: keyId, universe_domain: universeDomain } = account;
  const jwtOptions = {
    email,
    key,
    ...(keyId === undefined ? {} : { keyId }),
    ...(universeDomain === undefined ? {} : { universeDomain }),
    scopes: ["https://www.googleapis.com/auth/devstorage.read_write"],
    transporterOptions: { timeout: requestTimeoutMs },
  };
  const authClient = new JWT(Object.assign(jwtOptions, config?.clientOptions));
  return { authClient };
}
