import { type Backend, memory } from "@llmcache/core";
import { statSync } from "node:fs";
import { UsageError } from "../usage-error.ts";
import { loadPackage } from "./load-package.ts";
import { redisAddress } from "./redis-address.ts";
import { onlyParameters, parseBucket, parseStoreUrl, type StoreUrl } from "./store-url.ts";

export interface OpenOptions {
  /** Whether a folder or a file that is missing is made. @default false: a name that was mistyped should be an error */
  readonly create?: boolean | undefined;
}

/**
 * Opens a store by its URL: `disk:./folder`, `redis://host`, `s3://bucket/folder`, `memory:`, … Loads the package of that kind of store and no other.
 * What the URL leaves out, credentials above all, comes from the environment, as the package says. The caller disposes of it.
 *
 * @throws {UsageError} for a URL that is wrong, without quoting it, and for a package that is not installed, naming it
 */
export async function openStore(url: string, options: OpenOptions = {}): Promise<Backend> {
  const parsed = parseStoreUrl(url);
  const open = schemes[parsed.scheme];
  if (open === undefined)
    throw new UsageError(`no store has the scheme ${parsed.scheme}:, known are ${Object.keys(schemes).join(": ")}:`);
  try {
    return await open(parsed, options);
  } catch (error) {
    // The packages say with it which option is wrong, and never its value.
    throw error instanceof TypeError ? new UsageError(`${parsed.label}: ${error.message}`, { cause: error }) : error;
  }
}

type Open = (url: StoreUrl, options: OpenOptions) => Promise<Backend>;

const schemes: Readonly<Record<string, Open>> = {
  disk: openDisk,
  jsonl: openJsonLines,
  redis: openRedis,
  rediss: openRedis,
  unix: openRedis,
  "redis+cluster": openRedis,
  "rediss+cluster": openRedis,
  "redis+sentinel": openRedis,
  "rediss+sentinel": openRedis,
  s3: openS3,
  gs: openGcs,
  azure: openAzure,
  memory: openMemory,
};

async function openDisk(url: StoreUrl, { create = false }: OpenOptions): Promise<Backend> {
  const { path, label } = url;
  const { maxBytes } = onlyParameters(url, "maxBytes");
  if (path === "") throw new UsageError("disk: needs a folder, as in disk:./answers");
  if (!create && statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new UsageError(`${label}: there is no such folder`);
  const { DiskBackend } = await loadPackage("@llmcache/disk", url.scheme, () => import("@llmcache/disk"));
  // Its owner may allow more than the default, and whoever writes to the folder evicts what goes beyond their own limit.
  return new DiskBackend({ directory: path, maxBytes: maxBytes === undefined ? Infinity : Number(maxBytes) });
}

async function openJsonLines(url: StoreUrl, { create = false }: OpenOptions): Promise<Backend> {
  const { path, label } = url;
  onlyParameters(url);
  if (path === "") throw new UsageError("jsonl: needs a file, as in jsonl:./recordings.jsonl");
  if (!create && statSync(path, { throwIfNoEntry: false })?.isFile() !== true)
    throw new UsageError(`${label}: there is no such file`);
  const { JsonLinesBackend } = await loadPackage("@llmcache/disk", url.scheme, () => import("@llmcache/disk"));
  return new JsonLinesBackend({ file: path });
}

async function openRedis(url: StoreUrl): Promise<Backend> {
  const address = redisAddress(url);
  const { connectRedis } = await loadPackage("@llmcache/redis", url.scheme, () => import("@llmcache/redis"));
  return connectRedis({ connectionName: "llmcache-cli", ...address });
}

async function openGcs(url: StoreUrl): Promise<Backend> {
  const { endpoint, project } = onlyParameters(url, "endpoint", "project");
  const { connectGcs } = await loadPackage("@llmcache/gcs", url.scheme, () => import("@llmcache/gcs"));
  return connectGcs({ ...parseBucket(url), apiEndpoint: endpoint, projectId: project });
}

async function openS3(url: StoreUrl): Promise<Backend> {
  const parameters = onlyParameters(url, "region", "endpoint");
  const { connectS3 } = await loadPackage("@llmcache/s3", url.scheme, () => import("@llmcache/s3"));
  return connectS3({ ...parseBucket(url), ...parameters });
}

async function openAzure(url: StoreUrl): Promise<Backend> {
  const { account, endpoint } = onlyParameters(url, "account", "endpoint");
  const { connectAzure } = await loadPackage("@llmcache/azure", url.scheme, () => import("@llmcache/azure"));
  const { bucket: container, path } = parseBucket(url);
  return connectAzure({ container, path, accountName: account, accountUrl: endpoint });
}

async function openMemory(url: StoreUrl): Promise<Backend> {
  onlyParameters(url);
  return memory();
}
