import type { BlobServiceClient } from "@azure/storage-blob";
import { checkOptions, describeType } from "@llmcache/core";

/** What `new AzureBlobBackend` takes. */
export interface AzureBlobOptions {
  /** The caller's own, for the account. */
  readonly client: BlobServiceClient;
  /** The container. Made by the first operation that finds it missing. */
  readonly container: string;
  /** The folder in the container that is for the cache alone. Slashes around it make no difference. @default the whole container */
  readonly path?: string | undefined;
  /** Tells it from others in outcomes and events. @default "azure" */
  readonly name?: string | undefined;
}

/** The options with everything filled in, and `path` ready to be put before a key. */
export type AzureBlobSettings = { readonly [Name in keyof AzureBlobOptions]-?: NonNullable<AzureBlobOptions[Name]> };

/** Azure takes names of 1 024 characters; the longest that is made of a key has 768, and there is a slash between. */
const mostPathLength = 255;

/** @throws {TypeError} that names the option and the type of what was given, never the value. */
export function parseAzureBlobOptions(options: AzureBlobOptions): AzureBlobSettings {
  const known = ["client", "container", "path", "name"] satisfies (keyof AzureBlobOptions)[];
  checkOptions("AzureBlobBackend", options, known);
  const { client, container, path, name = "azure" } = options;
  if (typeof client?.getContainerClient !== "function") throw wrong("client", "a BlobServiceClient", client);
  if (!isText(container)) throw wrong("container", "the name of a container", container);
  if (!isText(name)) throw wrong("name", "a string of at least one character", name);
  return { client, container, path: parsePath(path), name };
}

/** What comes before a key: nothing, or the path with one slash after it. */
export function parsePath(path: unknown = ""): string {
  if (typeof path !== "string") throw wrong("path", "a string", path);
  const segments = path.split("/").filter((segment) => segment !== "");
  if (segments.length === 0) return "";
  const prefix = `${segments.join("/")}/`;
  if (prefix.length > mostPathLength + 1) {
    throw new TypeError(`AzureBlobBackend: path must have at most ${mostPathLength} characters`);
  }
  if (segments.some((segment) => segment.endsWith("."))) {
    throw new TypeError(
      "AzureBlobBackend: path must not have a dot at the end of a segment, which Azure does not keep",
    );
  }
  return prefix;
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function wrong(option: string, expected: string, value: unknown): TypeError {
  return new TypeError(`AzureBlobBackend: ${option} must be ${expected}, got ${describeType(value)}`);
}
