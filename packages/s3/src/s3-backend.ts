import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
} from "@aws-sdk/client-s3";
import { type Backend, LlmCacheError, type OperationOptions, type PutOptions, untilAborted } from "@llmcache/core";
import { Conditions } from "./conditions.ts";
import { expiryHeaders } from "./expiry-headers.ts";
import { attemptsOf, explainDeletion, explainError, isConditionFailure, isMissingKey } from "./explain-error.ts";
import { parseS3Options, type S3Options, type S3Settings } from "./s3-options.ts";

/** What `DeleteObjects` takes. */
const keysPerDeletion = 1_000;

/** An entry as it was read. */
interface Held {
  readonly value: Uint8Array;
  readonly etag: string | undefined;
}

/** What a request is sent with. */
interface Settings {
  readonly abortSignal?: AbortSignal;
}

/**
 * Keeps entries in a bucket of Amazon S3, or of a store that speaks its protocol: an object for each.
 *
 * How many requests are under way at once, how often one is tried and how long one may take is up to the client; an operation ends
 * when its signal does. Nothing expires by itself: `lifecycleRule` has S3 remove what is old.
 */
export class S3Backend implements Backend {
  readonly name: string;
  /** 5 GiB: what S3 takes in one request. An entry is read into memory as a whole. */
  readonly maxValueBytes: number = 5 * 2 ** 30;

  readonly #settings: S3Settings;
  readonly #conditions: Conditions;

  /** Sends nothing. @throws {TypeError} for an option that is missing, unknown or wrong. */
  constructor(options: S3Options) {
    this.#settings = parseS3Options(options);
    this.name = this.#settings.name;
    this.#conditions = new Conditions(this.client, this.#settings.bucket, this.#settings.path);
  }

  /** The client that it was given. Not a property of its own, so that what prints a backend prints no credentials. */
  get client(): S3Client {
    return this.#settings.client;
  }

  async get(key: string, options?: OperationOptions): Promise<Uint8Array | undefined> {
    return (await this.#read(key, options))?.value;
  }

  async put(key: string, value: Uint8Array, options?: PutOptions): Promise<void> {
    await this.#write(key, value, options, {});
  }

  async delete(key: string, options?: OperationOptions): Promise<void> {
    await this.#send(options, (settings) => this.client.send(new DeleteObjectCommand(this.#target(key)), settings));
  }

  async swap(key: string, expected: Uint8Array | undefined, value: Uint8Array, options?: PutOptions): Promise<boolean> {
    await this.#requireConditions(key, options);
    if (expected === undefined) return this.#writeIf({ IfNoneMatch: "*" }, key, value, options);
    const held = await this.#read(key, options);
    if (held === undefined || Buffer.compare(held.value, expected) !== 0) return false;
    // Without one the write would be unconditional.
    if (held.etag === undefined) throw this.#unsupported("sends no ETag", key);
    return this.#writeIf({ IfMatch: held.etag }, key, value, options);
  }

  async deleteMany(keys: readonly string[], options?: OperationOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    const targets = [...new Set(keys)].map((key) => ({ Key: this.#target(key).Key }));
    const failures: Error[] = [];
    for (let start = 0; start < targets.length; start += keysPerDeletion) {
      const Delete = { Objects: targets.slice(start, start + keysPerDeletion), Quiet: true };
      const command = new DeleteObjectsCommand({ Bucket: this.#settings.bucket, Delete });
      const { Errors = [] } = await this.#send(options, (settings) => this.client.send(command, settings));
      failures.push(...Errors.map((failure) => explainDeletion(failure, this.#settings)));
    }
    if (failures.length === 0) return;
    throw new AggregateError(
      failures,
      `S3 deleted all but ${failures.length} of ${targets.length} keys: ${failures[0]?.message}`,
    );
  }

  async *list(prefix: string, options?: OperationOptions): AsyncGenerator<string> {
    const { bucket, path } = this.#settings;
    const query = { Bucket: bucket, Prefix: path + prefix, EncodingType: "url" } as const;
    let token: string | undefined;
    do {
      const command = new ListObjectsV2Command({ ...query, ContinuationToken: token });
      const page = await this.#send(options, (settings) => this.client.send(command, settings));
      for (const { Key = "" } of page.Contents ?? []) {
        // Some stores do not know the encoding, and do not say that they used it.
        const key = page.EncodingType === "url" ? decodeURIComponent(Key.replaceAll("+", " ")) : Key;
        if (key.length > path.length && key.startsWith(query.Prefix)) yield key.slice(path.length);
      }
      token = page.NextContinuationToken;
      if (page.IsTruncated === true && token === undefined) {
        throw new Error("S3 says that there are more keys, and not how to go on");
      }
    } while (token !== undefined);
  }

  /** Lists one key: unlike a HEAD of the bucket, its reply says what is wrong. */
  async ping(options?: OperationOptions): Promise<void> {
    const { bucket, path } = this.#settings;
    const command = new ListObjectsV2Command({ Bucket: bucket, Prefix: path, MaxKeys: 1 });
    await this.#send(options, (settings) => this.client.send(command, settings));
  }

  async #read(key: string, options?: OperationOptions): Promise<Held | undefined> {
    return this.#send(options, async (settings) => {
      try {
        const { Body, ContentLength, ETag } = await this.client.send(new GetObjectCommand(this.#target(key)), settings);
        // Read to its end in any case: the socket is free for the next request only then.
        const value = (await Body?.transformToByteArray()) ?? new Uint8Array();
        if (ContentLength !== undefined && value.length !== ContentLength) {
          throw new Error(`S3 sent ${value.length} bytes of an entry of ${ContentLength}`);
        }
        return { value, etag: ETag };
      } catch (error) {
        if (isMissingKey(error)) return undefined;
        throw error;
      }
    });
  }

  async #write(
    key: string,
    value: Uint8Array,
    options: PutOptions | undefined,
    condition: Pick<PutObjectCommandInput, "IfMatch" | "IfNoneMatch">,
  ): Promise<void> {
    const command = new PutObjectCommand({
      ...this.#target(key),
      ...condition,
      ...expiryHeaders(options?.expiresAt, this.#settings.clock()),
      ContentType: "application/octet-stream",
      Body: value,
    });
    await this.#send(options, (settings) => this.client.send(command, settings));
  }

  async #writeIf(
    condition: Pick<PutObjectCommandInput, "IfMatch" | "IfNoneMatch">,
    key: string,
    value: Uint8Array,
    options: PutOptions | undefined,
  ): Promise<boolean> {
    try {
      await this.#write(key, value, options, condition);
      return true;
    } catch (error) {
      if (!isConditionFailure(error)) throw error;
      if (attemptsOf(error) === 1) return false;
      // An earlier attempt may have written, and been refused by what it wrote itself.
      throw new Error("S3 refused a repeated write, so that it is not known whether the first one was done", {
        cause: error,
      });
    }
  }

  async #requireConditions(key: string, options: PutOptions | undefined): Promise<void> {
    const reportLeftBehind = (probeKey: string, error: unknown) =>
      options?.report?.({ type: "failed", backend: this.name, operation: "delete", key: probeKey, error });
    if (!(await this.#send(options, () => this.#conditions.honoured(reportLeftBehind))))
      throw this.#unsupported("writes whatever the condition says", key);
  }

  #unsupported(what: string, key: string): LlmCacheError {
    const message = `the store of the bucket ${this.#settings.bucket} ${what}, so it cannot swap`;
    return new LlmCacheError("UNSUPPORTED", message, { backend: this.name, operation: "swap", key });
  }

  /** Calls the SDK; what it rejects with says what to do, and an abort is the caller's own reason. */
  async #send<Result>(
    options: OperationOptions | undefined,
    work: (settings: Settings) => Promise<Result>,
  ): Promise<Result> {
    const signal = options?.signal;
    signal?.throwIfAborted();
    try {
      // Not only by the request: credentials that it waits for may never come.
      return await untilAborted(work(signal === undefined ? {} : { abortSignal: signal }), signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw explainError(error, this.#settings);
    }
  }

  #target(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#settings.bucket, Key: this.#settings.path + key };
  }
}
