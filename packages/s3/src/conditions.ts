import { DeleteObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { isConditionFailure, statusOf } from "./explain-error.ts";

/** Longer than any store takes that will be of use; the caller's own deadline does not end what others wait for too. */
const longestProbeMs = 10_000;

/**
 * Finds out, once, whether a store honours `If-None-Match` and `If-Match` when it writes: some that speak the protocol accept both
 * and write all the same, which would make two winners of every race. It takes four requests, on a key of its own.
 */
export class Conditions {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #path: string;
  #honoured: Promise<boolean> | undefined;

  constructor(client: S3Client, bucket: string, path: string) {
    this.#client = client;
    this.#bucket = bucket;
    this.#path = path;
  }

  /** What is known, or what the probe finds that is under way. `onLeftBehind` is told of a key that could not be removed again. */
  honoured(onLeftBehind: (key: string, error: unknown) => void): Promise<boolean> {
    this.#honoured ??= this.#probe(onLeftBehind).catch((error: unknown) => {
      this.#honoured = undefined;
      throw error;
    });
    return this.#honoured;
  }

  async #probe(onLeftBehind: (key: string, error: unknown) => void): Promise<boolean> {
    const target = { Bucket: this.#bucket, Key: `${this.#path}_conditions/${crypto.randomUUID()}` };
    const settings = { abortSignal: AbortSignal.timeout(longestProbeMs) };
    const put = (condition: { IfNoneMatch?: string; IfMatch?: string }) =>
      this.#client.send(new PutObjectCommand({ ...target, ...condition, Body: new Uint8Array() }), settings);
    try {
      await put({ IfNoneMatch: "*" });
    } catch (error) {
      return isNotDone(error);
    }
    try {
      return (await refuses(put({ IfNoneMatch: "*" }))) && (await refuses(put({ IfMatch: '"0"' })));
    } catch (error) {
      return isNotDone(error);
    } finally {
      const removed = this.#client.send(new DeleteObjectCommand(target), settings);
      await removed.catch((error: unknown) => onLeftBehind(target.Key, error));
    }
  }
}

/** What a store says that knows the header, and says that it does not do it. @throws anything else */
function isNotDone(error: unknown): false {
  if (statusOf(error) === 501) return false;
  throw error;
}

async function refuses(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return false;
  } catch (error) {
    if (isConditionFailure(error)) return true;
    throw error;
  }
}
