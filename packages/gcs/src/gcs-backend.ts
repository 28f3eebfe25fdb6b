import type { Storage } from "@google-cloud/storage";
import { type Backend, LlmCacheError, type OperationOptions, type PutOptions, untilAborted } from "@llmcache/core";
import { checksumOf, statedChecksum } from "./checksum.ts";
import { errorOfReply } from "./error-of-reply.ts";
import { explainError } from "./explain-error.ts";
import { type GcsOptions, type GcsSettings, parseGcsOptions } from "./gcs-options.ts";
import { type ApiReply, type ApiRequest, Requests } from "./requests.ts";
import { uploadBody } from "./upload-body.ts";

/** How long a bucket that was seen counts as there, in ms. */
const bucketCountsMs = 60_000;

/** Why Google does not write where the object is not what the request demands. */
const conditionNotMet = "conditionNotMet";

/** A page of a listing. */
interface Page {
  readonly items?: readonly { readonly name: string }[];
  readonly nextPageToken?: string;
}

/**
 * Keeps entries in a bucket of Google Cloud Storage: an object for each.
 *
 * Each is checked against its CRC32C when it is read and when it is written. An operation ends when its signal does, and with it its
 * connection. Each object says when it expires; nothing acts on it unless the bucket has the `lifecycleRule`.
 */
export class GcsBackend implements Backend {
  readonly name: string;
  /** 1 GiB: as much as is sensibly sent from memory in one request. Google itself would take 5 TiB. */
  readonly maxValueBytes: number = 2 ** 30;

  readonly #settings: GcsSettings;
  readonly #requests: Requests;
  #bucketSeenAt = -Infinity;
  #bucketCheck: Promise<void> | undefined;

  /** Sends nothing. @throws {TypeError} for an option that is missing, unknown or wrong. */
  constructor(options: GcsOptions) {
    this.#settings = parseGcsOptions(options);
    const { client, maxSockets, name } = this.#settings;
    this.name = name;
    this.#requests = new Requests(client, maxSockets);
  }

  /** The client that it was given. Not a property of its own, so that what prints a backend prints no credentials. */
  get client(): Storage {
    return this.#settings.client;
  }

  async get(key: string, options?: OperationOptions): Promise<Uint8Array | undefined> {
    return (await this.#read(key, options))?.value;
  }

  async put(key: string, value: Uint8Array, options?: PutOptions): Promise<void> {
    await this.#write(key, value, options);
  }

  async delete(key: string, options?: OperationOptions): Promise<void> {
    const request = { method: "DELETE", path: this.#objectPath(key), answers: [404], repeatable: true } as const;
    const { status } = await this.#send(request, options);
    if (status === 404) await this.#requireBucket(options);
  }

  async swap(key: string, expected: Uint8Array | undefined, value: Uint8Array, options?: PutOptions): Promise<boolean> {
    if (expected === undefined) return this.#write(key, value, options, "0");
    const held = await this.#read(key, options);
    if (held === undefined || Buffer.compare(held.value, expected) !== 0) return false;
    if (held.generation === undefined) {
      const message = "the store does not say which generation of an object it sends, so that it cannot swap";
      throw new LlmCacheError("UNSUPPORTED", message, { backend: this.name, operation: "swap", key });
    }
    return this.#write(key, value, options, held.generation);
  }

  async *list(prefix: string, options?: OperationOptions): AsyncGenerator<string> {
    const { path } = this.#settings;
    let pageToken: string | undefined;
    do {
      const position = pageToken === undefined ? {} : { pageToken };
      const { items = [], nextPageToken } = await this.#list({ prefix: path + prefix, ...position }, options);
      for (const { name } of items) {
        if (name.length > path.length && name.startsWith(path + prefix)) yield name.slice(path.length);
      }
      pageToken = nextPageToken;
    } while (pageToken !== undefined && pageToken !== "");
  }

  /** Lists one key: that needs the bucket and the right to list, as telling a missing key from a forbidden one does. */
  async ping(options?: OperationOptions): Promise<void> {
    await this.#list({ prefix: this.#settings.path, maxResults: "1" }, options);
  }

  /** Closes the connections. The client, which has none of its own, can be used on. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#requests.close();
  }

  async #read(
    key: string,
    options: OperationOptions | undefined,
  ): Promise<{ readonly value: Uint8Array; readonly generation: string | undefined } | undefined> {
    const query = { alt: "media" };
    const request = { method: "GET", path: this.#objectPath(key), query, answers: [404], repeatable: true } as const;
    const { status, headers, body } = await this.#send(request, options);
    if (status === 404) {
      await this.#requireBucket(options);
      return undefined;
    }
    const value = new Uint8Array(body);
    if (checksumOf(this.client, value) !== statedChecksum(headers)) {
      throw new Error(`The ${value.length} bytes that Google sent of an entry are not those of its checksum`);
    }
    const { "x-goog-generation": generation } = headers;
    return { value, generation: generation?.toString() };
  }

  /** Resolves to whether it wrote: with a generation only if the object is of that one, and with "0" only if there is none. */
  async #write(key: string, value: Uint8Array, options?: PutOptions, generation?: string): Promise<boolean> {
    const { bucket } = this.#settings;
    const condition = generation === undefined ? {} : { ifGenerationMatch: generation };
    const { status, body, attempts } = await this.#send(
      {
        method: "POST",
        path: `/upload/storage/v1/b/${encodeURIComponent(bucket)}/o`,
        query: { uploadType: "multipart", name: this.#nameOf(key), fields: "generation", ...condition },
        ...uploadBody(value, checksumOf(this.client, value), options?.expiresAt),
        answers: generation === undefined ? [] : [412],
        // A write that comes late must not undo one that came after it. One with a condition cannot.
        repeatable: generation !== undefined,
      },
      options,
    );
    if (status !== 412) return true;
    const refusal = errorOfReply(status, body);
    // A rule of the organisation, about encryption say, refuses by the same status.
    const { reason = conditionNotMet } = refusal.errors?.[0] ?? {};
    if (reason !== conditionNotMet) throw refusal;
    if (attempts === 1) return false;
    // An earlier attempt may have written, and been refused by what it wrote itself.
    throw new Error("Google refused a repeated write, so that it is not known whether the first one was done", {
      cause: refusal,
    });
  }

  async #list(query: Readonly<Record<string, string>>, options: OperationOptions | undefined): Promise<Page> {
    const path = `/storage/v1/b/${encodeURIComponent(this.#settings.bucket)}/o`;
    const fields = "items(name),nextPageToken";
    const { body } = await this.#send({ method: "GET", path, query: { ...query, fields }, repeatable: true }, options);
    return JSON.parse(body.toString("utf8")) as Page;
  }

  /** Google answers 404 for a missing object and for a missing bucket alike. Only the first is a miss. */
  async #requireBucket(options: OperationOptions | undefined): Promise<void> {
    if (performance.now() - this.#bucketSeenAt < bucketCountsMs) return;
    this.#bucketCheck ??= this.ping().finally(() => (this.#bucketCheck = undefined));
    await untilAborted(this.#bucketCheck, options?.signal);
  }

  #objectPath(key: string): string {
    return `/storage/v1/b/${encodeURIComponent(this.#settings.bucket)}/o/${encodeURIComponent(this.#nameOf(key))}`;
  }

  #nameOf(key: string): string {
    const name = this.#settings.path + key;
    // Google has none, and in a URL they are steps: the bucket itself would be asked for, or deleted.
    if (name === "." || name === "..") throw new RangeError(`${this.name}: the keys "." and ".." need a path`);
    return name;
  }

  async #send(request: ApiRequest, options: OperationOptions | undefined): Promise<ApiReply> {
    const { signal } = options ?? {};
    signal?.throwIfAborted();
    try {
      // Not only by the request: a token that it waits for may never come.
      const reply = await untilAborted(this.#requests.send(request, signal), signal);
      if (reply.status !== 404) this.#bucketSeenAt = performance.now();
      return reply;
    } catch (error) {
      signal?.throwIfAborted();
      throw explainError(error, this.#settings.bucket);
    }
  }
}
