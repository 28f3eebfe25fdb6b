import type { S3Client } from "@aws-sdk/client-s3";
import { checkOptions, describeType } from "@llmcache/core";

/** What `new S3Backend` takes. */
export interface S3Options {
  /** The caller's own: it is never destroyed here. */
  readonly client: S3Client;
  /** The bucket, which has to be there. */
  readonly bucket: string;
  /** The folder in the bucket that is for the cache alone. Slashes around it make no difference. @default the whole bucket */
  readonly path?: string | undefined;
  /** Tells it from others in outcomes and events. @default "s3" */
  readonly name?: string | undefined;
  /** The time, in epoch ms. Only the `max-age` of what is written asks for it. @default Date.now */
  readonly clock?: (() => number) | undefined;
}

/** The options with everything filled in, and `path` ready to be put before a key. */
export type S3Settings = { readonly [Name in keyof S3Options]-?: NonNullable<S3Options[Name]> };

/** S3 takes keys of 1 024 bytes, a cache's have up to 512 characters of one byte, and there is a slash between. */
const mostPathBytes = 511;

/** @throws {TypeError} that names the option and the type of what was given, never the value. */
export function parseS3Options(options: S3Options): S3Settings {
  checkOptions("S3Backend", options, ["client", "bucket", "path", "name", "clock"] satisfies (keyof S3Options)[]);
  const { client, bucket, path, name = "s3", clock = Date.now } = options;
  if (typeof client?.send !== "function") throw wrong("client", "an S3Client", client);
  if (!isText(bucket)) throw wrong("bucket", "the name of a bucket", bucket);
  if (!isText(name)) throw wrong("name", "a string of at least one character", name);
  if (typeof clock !== "function") throw wrong("clock", "a function", clock);
  return { client, bucket, path: parsePath(path), name, clock };
}

/** What comes before a key: nothing, or the path with one slash after it. */
export function parsePath(path: unknown = ""): string {
  if (typeof path !== "string") throw wrong("path", "a string", path);
  const segments = path.split("/").filter((segment) => segment !== "");
  if (segments.length === 0) return "";
  const prefix = `${segments.join("/")}/`;
  if (new TextEncoder().encode(prefix).length > mostPathBytes + 1) {
    throw new TypeError(`S3Backend: path must have at most ${mostPathBytes} bytes`);
  }
  return prefix;
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function wrong(option: string, expected: string, value: unknown): TypeError {
  return new TypeError(`S3Backend: ${option} must be ${expected}, got ${describeType(value)}`);
}
