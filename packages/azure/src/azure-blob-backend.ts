import type {
  BlobBatchClient,
  BlobServiceClient,
  BlockBlobClient,
  BlockBlobUploadOptions,
  ContainerClient,
  ContainerListBlobFlatSegmentResponse as Page,
} from "@azure/storage-blob";
import { type Backend, type OperationOptions, type PutOptions, untilAborted } from "@llmcache/core";
import { type AzureBlobOptions, type AzureBlobSettings, parseAzureBlobOptions } from "./azure-blob-options.ts";
import { blobNameOf, blobPrefixOf, keyOf } from "./blob-name.ts";
import { codeOf, errorOf, explainDeletion, explainError, isConditionFailure } from "./explain-error.ts";

/** What a batch takes. */
const keysPerDeletion = 256;

/** 31 December 9999, which ends what a date can say in four digits. */
const latestDate = 253_402_300_799_000;

/** How long a request may take where the caller has set no deadline: the SDK has none. */
const longestRequestMs = 30_000;

/** Where a page begins, and how many it may have. */
interface PageSettings {
  readonly continuationToken?: string;
  readonly maxPageSize?: number;
}

/** What a request is sent with. */
interface Settings {
  readonly abortSignal: AbortSignal;
}

/**
 * Keeps entries in a container of Azure Blob Storage: a block blob for each.
 *
 * How many requests are under way at once and how often one is tried is up to the client; an operation ends when its signal does.
 * Nothing expires by itself: `lifecycleRule` has Azure remove what is old.
 */
export class AzureBlobBackend implements Backend {
  readonly name: string;
  /** 5 000 MiB: what Azure takes in one request. An entry is read into memory as a whole. */
  readonly maxValueBytes: number = 5_000 * 2 ** 20;

  readonly #settings: AzureBlobSettings;
  readonly #container: ContainerClient;
  readonly #batches: BlobBatchClient;
  #creation: Promise<unknown> | undefined;

  /** Sends nothing. @throws {TypeError} for an option that is missing, unknown or wrong. */
  constructor(options: AzureBlobOptions) {
    this.#settings = parseAzureBlobOptions(options);
    this.name = this.#settings.name;
    this.#container = this.client.getContainerClient(this.#settings.container);
    this.#batches = this.#container.getBlobBatchClient();
  }

  /** The client that it was given. Not a property of its own, so that what prints a backend prints no credentials. */
  get client(): BlobServiceClient {
    return this.#settings.client;
  }

  async get(key: string, options?: OperationOptions): Promise<Uint8Array | undefined> {
    return (await this.#read(key, options))?.value;
  }

  async put(key: string, value: Uint8Array, options?: PutOptions): Promise<void> {
    await this.#write(key, value, options, {});
  }

  async delete(key: string, options?: OperationOptions): Promise<void> {
    await this.#send(options, (settings) =>
      this.#blob(key).deleteIfExists({ ...settings, deleteSnapshots: "include" }),
    );
  }

  async swap(key: string, expected: Uint8Array | undefined, value: Uint8Array, options?: PutOptions): Promise<boolean> {
    if (expected === undefined) return this.#writeIf({ ifNoneMatch: "*" }, key, value, options);
    const held = await this.#read(key, options);
    if (held === undefined || Buffer.compare(held.value, expected) !== 0) return false;
    return this.#writeIf({ ifMatch: held.etag }, key, value, options);
  }

  async deleteMany(keys: readonly string[], options?: OperationOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    const distinct = [...new Set(keys)];
    const failures: Error[] = [];
    for (let start = 0; start < distinct.length; start += keysPerDeletion) {
      const part = distinct.slice(start, start + keysPerDeletion);
      const blobs = part.map((key) => this.#blob(key));
      const { subResponses } = await this.#send(options, async (settings) => {
        const reply = await this.#batches.deleteBlobs(blobs, { ...settings, deleteSnapshots: "include" });
        // Azure takes a batch for a container that is missing, and says so of each blob.
        const missing = reply.subResponses.find(({ errorCode }) => errorCode === "ContainerNotFound");
        if (missing !== undefined) throw errorOf(missing);
        return reply;
      });
      for (const [index, key] of part.entries()) {
        const { status = 0, errorCode } = subResponses[index] ?? {};
        if ((status >= 200 && status < 300) || status === 404) continue;
        failures.push(explainDeletion(key, errorOf({ status, errorCode }), this.#settings.container));
      }
    }
    if (failures.length === 0) return;
    const message = `Azure deleted all but ${failures.length} of ${distinct.length} keys: ${failures[0]?.message}`;
    throw new AggregateError(failures, message);
  }

  async *list(prefix: string, options?: OperationOptions): AsyncGenerator<string> {
    const { path } = this.#settings;
    const start = path + blobPrefixOf(prefix);
    let continuationToken = "";
    do {
      const position = continuationToken === "" ? {} : { continuationToken };
      const page = await this.#send(options, (settings) => this.#page(start, position, settings));
      for (const { name } of page.segment.blobItems) {
        if (name.length > path.length && name.startsWith(start)) yield keyOf(name.slice(path.length));
      }
      continuationToken = page.continuationToken ?? "";
    } while (continuationToken !== "");
  }

  /** Lists one key: that needs the container and the right to list. */
  async ping(options?: OperationOptions): Promise<void> {
    await this.#send(options, (settings) => this.#page(this.#settings.path, { maxPageSize: 1 }, settings));
  }

  async #page(prefix: string, position: PageSettings, settings: Settings): Promise<Page> {
    for await (const page of this.#container.listBlobsFlat({ prefix, ...settings }).byPage(position)) return page;
    throw new Error("Azure sent no page of a listing");
  }

  async #read(key: string, options?: OperationOptions): Promise<{ value: Uint8Array; etag: string } | undefined> {
    return this.#send(options, async (settings) => {
      try {
        const reply = await this.#blob(key).download(0, undefined, settings);
        const value = await bytesOf(reply.readableStreamBody);
        if (value.length !== reply.contentLength) {
          throw new Error(`Azure sent ${value.length} bytes of an entry of ${reply.contentLength}`);
        }
        return { value, etag: reply.etag ?? "" };
      } catch (error) {
        if (codeOf(error) === "BlobNotFound") return undefined;
        throw error;
      }
    });
  }

  async #write(
    key: string,
    value: Uint8Array,
    options: PutOptions | undefined,
    condition: Pick<BlockBlobUploadOptions, "conditions"> & { readonly writeId?: string },
  ): Promise<void> {
    const { conditions, writeId } = condition;
    const upload = {
      blobHTTPHeaders: { blobContentType: "application/octet-stream", blobCacheControl: "no-store" },
      metadata: { ...expiry(options?.expiresAt), ...(writeId === undefined ? {} : { writeId }) },
      ...(conditions === undefined ? {} : { conditions }),
    };
    await this.#send(options, (settings) => this.#blob(key).upload(value, value.length, { ...settings, ...upload }));
  }

  async #writeIf(
    conditions: NonNullable<BlockBlobUploadOptions["conditions"]>,
    key: string,
    value: Uint8Array,
    options: PutOptions | undefined,
  ): Promise<boolean> {
    const writeId = crypto.randomUUID();
    try {
      await this.#write(key, value, options, { conditions, writeId });
      return true;
    } catch (error) {
      if (!isConditionFailure(error)) throw error;
      // The SDK repeats a write whose answer was lost, and what the first attempt wrote then refuses the second.
      return (await this.#writeIdOf(key, options)) === writeId;
    }
  }

  async #writeIdOf(key: string, options: OperationOptions | undefined): Promise<string | undefined> {
    try {
      const { metadata } = await this.#send(options, (settings) => this.#blob(key).getProperties(settings));
      return metadata?.["writeid"];
    } catch (error) {
      if (codeOf(error) === "BlobNotFound") return undefined;
      throw error;
    }
  }

  /** Calls the SDK, again where the container was missing; what it rejects with says what to do, and an abort is the caller's own reason. */
  async #send<Result>(
    options: OperationOptions | undefined,
    work: (settings: Settings) => Promise<Result>,
  ): Promise<Result> {
    const signal = options?.signal;
    signal?.throwIfAborted();
    const settings = { abortSignal: signal ?? AbortSignal.timeout(longestRequestMs) };
    const attempt = () => untilAborted(work(settings), settings.abortSignal);
    try {
      return await attempt().catch(async (error: unknown) => {
        if (codeOf(error) !== "ContainerNotFound") throw error;
        await this.#createContainer(error, signal);
        return attempt();
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw explainError(error, this.#settings.container);
    }
  }

  /** Once for all that find it missing. Who may not create it gets the error that it was missing with. */
  async #createContainer(missing: unknown, signal: AbortSignal | undefined): Promise<void> {
    this.#creation ??= this.#container
      .createIfNotExists({ abortSignal: AbortSignal.timeout(longestRequestMs) })
      .finally(() => (this.#creation = undefined));
    await untilAborted(this.#creation, signal).catch((error: unknown) => {
      throw error instanceof Error && "statusCode" in error && error.statusCode === 403 ? missing : error;
    });
  }

  #blob(key: string): BlockBlobClient {
    return this.#container.getBlockBlobClient(this.#settings.path + blobNameOf(key));
  }
}

/** When it expires, to the millisecond. Azure does not act on it; who looks at the container can. */
function expiry(expiresAt: number | undefined): { expiresAt?: string } {
  if (expiresAt === undefined || expiresAt > latestDate) return {};
  return { expiresAt: new Date(Math.max(Math.ceil(expiresAt), 0)).toISOString() };
}

async function bytesOf(stream: NodeJS.ReadableStream | undefined): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of stream ?? []) chunks.push(chunk as Uint8Array);
  } catch (error) {
    // The SDK says that the caller has aborted it, also where the connection has ended.
    throw new Error("The connection to Azure ended in the middle of an entry", { cause: error });
  }
  return new Uint8Array(Buffer.concat(chunks));
}
