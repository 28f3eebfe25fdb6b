import type { Storage } from "@google-cloud/storage";
import { checkOptions, describeType } from "@llmcache/core";

/** What `new GcsBackend` takes. */
export interface GcsOptions {
  /** The caller's own. Its endpoint, credentials, `timeout` and `retryOptions` count; its interceptors do not. */
  readonly client: Storage;
  /** The bucket, which has to be there. */
  readonly bucket: string;
  /** The folder in the bucket that is for the cache alone. Slashes around it make no difference. @default the whole bucket */
  readonly path?: string | undefined;
  /** How many connections there are at most. Further requests wait for one. @default 50 */
  readonly maxSockets?: number | undefined;
  /** Tells it from others in outcomes and events. @default "gcs" */
  readonly name?: string | undefined;
}

/** The options with everything filled in, and `path` ready to be put before a key. */
export type GcsSettings = { readonly [Name in keyof GcsOptions]-?: NonNullable<GcsOptions[Name]> };

/** cloud.google.com/storage/docs/buckets#naming */
const bucketName = /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/;

/** Google takes names of 1 024 bytes, a cache's keys have up to 512 characters of one byte, and there is a slash between. */
const mostPathBytes = 511;

/** @throws {TypeError} that names the option and the type of what was given, never the value. */
export function parseGcsOptions(options: GcsOptions): GcsSettings {
  const known = ["client", "bucket", "path", "maxSockets", "name"] satisfies (keyof GcsOptions)[];
  checkOptions("GcsBackend", options, known);
  const { client, bucket, path, maxSockets = 50, name = "gcs" } = options;
  if (typeof client?.authClient?.request !== "function") throw wrong("client", "a Storage", client);
  if (typeof bucket !== "string" || !bucketName.test(bucket)) throw wrong("bucket", "the name of a bucket", bucket);
  if (!Number.isInteger(maxSockets) || maxSockets < 1) throw wrong("maxSockets", "a whole number above 0", maxSockets);
  if (typeof name !== "string" || name === "") throw wrong("name", "a string of at least one character", name);
  return { client, bucket, path: parsePath(path), maxSockets, name };
}

/** What comes before a key: nothing, or the path with one slash after it. */
export function parsePath(path: unknown = ""): string {
  if (typeof path !== "string") throw wrong("path", "a string", path);
  const segments = path.split("/").filter((segment) => segment !== "");
  if (segments.length === 0) return "";
  const prefix = `${segments.join("/")}/`;
  if (new TextEncoder().encode(prefix).length > mostPathBytes + 1) {
    throw new TypeError(`GcsBackend: path must have at most ${mostPathBytes} bytes`);
  }
  return prefix;
}

function wrong(option: string, expected: string, value: unknown): TypeError {
  return new TypeError(`GcsBackend: ${option} must be ${expected}, got ${describeType(value)}`);
}
