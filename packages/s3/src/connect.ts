import { readFile } from "node:fs/promises";
import process from "node:process";
import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { checkOptionTypes, type OptionType } from "@llmcache/core";
import { addContentMd5 } from "./content-md5.ts";
import { S3Backend } from "./s3-backend.ts";
import type { S3Options } from "./s3-options.ts";

/** What `connectS3` takes. What is left out, and is not among these variables, the SDK finds as it always does. */
export interface ConnectS3Options extends Omit<S3Options, "bucket" | "client"> {
  /** The bucket, which has to be there. @default the variable S3_BUCKET_NAME */
  readonly bucket?: string | undefined;
  /** @default the variable AWS_REGION, then AWS_DEFAULT_REGION, then what the SDK finds, or "us-east-1" for an endpoint of one's own */
  readonly region?: string | undefined;
  /** Where a store is that is not Amazon's, for example "http://127.0.0.1:9000". @default the variable AWS_ENDPOINT_URL_S3, then AWS_ENDPOINT_URL */
  readonly endpoint?: string | undefined;
  /** Whether the bucket is part of the path, not of the host's name. @default for an endpoint of one's own only */
  readonly forcePathStyle?: boolean | undefined;
  /** Whether to use TLS where the endpoint does not say it. @default true */
  readonly ssl?: boolean | undefined;
  /** The file of certificate authorities to trust, or `false` to trust anyone. @default the variable AWS_CA_BUNDLE, then those that Node trusts */
  readonly verify?: boolean | string | undefined;
  readonly accessKeyId?: string | undefined;
  readonly secretAccessKey?: string | undefined;
  readonly sessionToken?: string | undefined;
  /** @default the only one there is */
  readonly apiVersion?: string | undefined;
  /** The SDK's own client options, which win over all of the above. */
  readonly config?: S3ClientConfig | undefined;
}

/** One that closes its connections when it is disposed of. */
export type ConnectedS3Backend = S3Backend & { [Symbol.asyncDispose](): Promise<void> };

/** How long a connection may take and be silent, where the caller has set no deadline: what core gives a write. */
const timeoutMs = 5_000;

const optionTypes: Readonly<Record<keyof ConnectS3Options, OptionType>> = {
  bucket: "string",
  path: "string",
  name: "string",
  clock: "function",
  region: "string",
  endpoint: "string",
  forcePathStyle: "boolean",
  ssl: "boolean",
  verify: "boolean or string",
  accessKeyId: "string",
  secretAccessKey: "string",
  sessionToken: "string",
  apiVersion: "string",
  config: "object",
};

/**
 * A backend on a client of its own, with the settings that a cache needs: short timeouts, path style and plain checksums where other
 * stores need them. It sends nothing yet; `ping` tells whether the bucket can be used. Disposing of it closes its connections.
 *
 * @throws {TypeError} for an option that is missing, unknown or wrong
 */
export async function connectS3(options: ConnectS3Options = {}): Promise<ConnectedS3Backend> {
  checkOptionTypes("connectS3", options, optionTypes);
  const { bucket = process.env["S3_BUCKET_NAME"], path, name, clock } = options;
  if (bucket === undefined || bucket === "") {
    throw new TypeError("connectS3: bucket must be the name of a bucket, or the variable S3_BUCKET_NAME must hold it");
  }
  const endpoint = endpointOf(options);
  const isForeign = endpoint !== undefined && !/\.amazonaws\.com(\.cn)?$/.test(endpoint.hostname);
  const client = new S3Client(await clientConfig(options, endpoint, isForeign));
  if (isForeign) addContentMd5(client);
  const backend = new S3Backend({ client, bucket, path, name, clock });
  return Object.assign(backend, { [Symbol.asyncDispose]: async () => client.destroy() });
}

async function clientConfig(
  options: ConnectS3Options,
  endpoint: URL | undefined,
  isForeign: boolean,
): Promise<S3ClientConfig> {
  const { apiVersion, config } = options;
  // As the SDKs of other languages do, and this one does not by itself.
  const agent = { proxyEnv: process.env };
  const region = regionOf(options) ?? (isForeign ? "us-east-1" : undefined);
  const credentials = credentialsOf(options);
  return {
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint: endpoint.href }),
    ...(credentials === undefined ? {} : { credentials }),
    ...(apiVersion === undefined ? {} : { apiVersion }),
    forcePathStyle: options.forcePathStyle ?? isForeign,
    // Stores that are not Amazon's often refuse the newer checksums. Core checks what it reads by itself.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: {
      connectionTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      httpAgent: agent,
      httpsAgent: { ...agent, ...(await trust(options)) },
    },
    ...config,
  };
}

function regionOf({ region }: ConnectS3Options): string | undefined {
  return region ?? process.env["AWS_REGION"] ?? process.env["AWS_DEFAULT_REGION"];
}

function endpointOf(options: ConnectS3Options): URL | undefined {
  const { ssl = true } = options;
  const endpoint = options.endpoint ?? process.env["AWS_ENDPOINT_URL_S3"] ?? process.env["AWS_ENDPOINT_URL"] ?? "";
  if (endpoint === "") return ssl ? undefined : plainEndpoint(options);
  const url = URL.parse(/^https?:\/\//.test(endpoint) ? endpoint : `${ssl ? "https" : "http"}://${endpoint}`);
  if (url === null) throw new TypeError("connectS3: endpoint must be a URL or a host with its port");
  return url;
}

/** Amazon's own, which the SDK reaches over TLS unless it is given another address. */
function plainEndpoint(options: ConnectS3Options): URL {
  const region = regionOf(options);
  if (region === undefined) throw new TypeError("connectS3: without ssl it needs an endpoint or a region");
  return new URL(`http://s3.${region}.amazonaws.com`);
}

function credentialsOf({
  accessKeyId,
  secretAccessKey,
  sessionToken,
}: ConnectS3Options): S3ClientConfig["credentials"] {
  if (accessKeyId === undefined && secretAccessKey === undefined && sessionToken === undefined) return undefined;
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new TypeError("connectS3: accessKeyId and secretAccessKey must be given together");
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

async function trust({ verify }: ConnectS3Options): Promise<{ ca?: Buffer; rejectUnauthorized?: boolean }> {
  if (verify === false) return { rejectUnauthorized: false };
  const [file, field] =
    verify === undefined ? [process.env["AWS_CA_BUNDLE"], "the variable AWS_CA_BUNDLE"] : [verify, "verify"];
  if (typeof file !== "string" || file === "") return {};
  try {
    return { ca: await readFile(file) };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new TypeError(`connectS3: ${field} must be the path of a file that can be read (${code})`, { cause: error });
  }
}
