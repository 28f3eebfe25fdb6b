import { checkOptions, describeType, positiveInteger } from "@llmcache/core";
import { resolve } from "node:path";

/** What `new DiskBackend` takes. */
export interface DiskOptions {
  /** The folder that holds the cache, and nothing else. Made with mode 0700 when it is missing; a relative path is resolved at once. */
  readonly directory: string;
  /**
   * The most bytes that the entries take: keys, values, and what the database needs beside them. Past it, those that were read
   * or written longest ago go. Every process on the folder enforces its own number.
   * @default 1 GiB: some 370 000 answers of 2 KB, and little enough not to surprise the owner of the disk
   */
  readonly maxBytes?: number | undefined;
  /** Tells it from others in outcomes and events. @default "disk" */
  readonly name?: string | undefined;
  /** The time, in epoch ms. Only the removal of expired entries asks for it. @default Date.now */
  readonly clock?: (() => number) | undefined;
}

/** The options with everything filled in. */
export type DiskSettings = { readonly [Name in keyof DiskOptions]-?: NonNullable<DiskOptions[Name]> };

/** @throws {TypeError} that names the option and the type of what was given, never the value. */
export function parseDiskOptions(options: DiskOptions): DiskSettings {
  const known = ["directory", "maxBytes", "name", "clock"] satisfies (keyof DiskOptions)[];
  checkOptions("DiskBackend", options, known);
  const { directory, maxBytes = 2 ** 30, name = "disk", clock = Date.now } = options;
  if (!isText(directory))
    throw new TypeError(`DiskBackend: directory must be the path of a folder, got ${describeType(directory)}`);
  if (!isText(name))
    throw new TypeError(`DiskBackend: name must be a string of at least one character, got ${describeType(name)}`);
  if (typeof clock !== "function")
    throw new TypeError(`DiskBackend: clock must be a function, got ${describeType(clock)}`);
  positiveInteger("DiskBackend: maxBytes", maxBytes);
  return { directory: resolve(directory), maxBytes, name, clock };
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "" && !value.includes("\0");
}
