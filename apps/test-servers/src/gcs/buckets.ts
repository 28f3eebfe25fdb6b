import { ApiError, invalid, noSuchBucket, noSuchObject } from "./api-error.ts";
import { checkConditions, integerOf } from "./conditions.ts";
import { createObject, isRecord, type StoredObject } from "./stored-object.ts";

export interface Bucket {
  readonly name: string;
  readonly created: Date;
  readonly objects: Map<string, StoredObject>;
  metageneration: bigint;
  properties: Readonly<Record<string, unknown>>;
}

const bucketProperties = ["labels", "lifecycle", "location", "storageClass", "versioning", "softDeletePolicy"];

/** All that is stored. Each method is one step, so that what it did is seen by every request after it, and by none in part. */
export class Buckets {
  readonly #buckets = new Map<string, Bucket>();
  #lastGeneration = 0n;

  get(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) throw noSuchBucket();
    return bucket;
  }

  list(): readonly Bucket[] {
    return [...this.#buckets.values()].toSorted((one, other) =>
      Buffer.compare(Buffer.from(one.name), Buffer.from(other.name)),
    );
  }

  create(name: unknown, sent: Readonly<Record<string, unknown>> = {}): Bucket {
    if (typeof name !== "string" || !isBucketName(name)) throw invalid(`Invalid bucket name: '${String(name)}'`);
    if (this.#buckets.has(name)) {
      const message = "Your previous request to create the named bucket succeeded and you already own it.";
      throw new ApiError(409, "conflict", message);
    }
    const properties = { location: "US", storageClass: "STANDARD", ...pickProperties(sent) };
    const bucket: Bucket = { name, created: new Date(), objects: new Map(), metageneration: 1n, properties };
    this.#buckets.set(name, bucket);
    return bucket;
  }

  patch(name: string, sent: Readonly<Record<string, unknown>>): Bucket {
    const bucket = this.get(name);
    bucket.properties = { ...bucket.properties, ...pickProperties(sent) };
    bucket.metageneration++;
    return bucket;
  }

  delete(name: string): void {
    if (this.get(name).objects.size > 0) {
      throw new ApiError(409, "conflict", "The bucket you tried to delete is not empty.");
    }
    this.#buckets.delete(name);
  }

  /** The live object, where the conditions hold and it is of the generation that is asked for, if one is. */
  getObject(bucketName: string, name: string, query: URLSearchParams): StoredObject {
    const object = this.get(bucketName).objects.get(name);
    const generation = integerOf(query, "generation");
    if (object === undefined || (generation !== undefined && generation !== object.generation)) {
      throw noSuchObject(bucketName, name);
    }
    checkConditions(query, object);
    return object;
  }

  putObject(
    bucketName: string,
    name: string,
    query: URLSearchParams,
    bytes: Buffer,
    sent: Readonly<Record<string, unknown>>,
  ): StoredObject {
    const { objects } = this.get(bucketName);
    checkConditions(query, objects.get(name));
    const object = createObject({ bucket: bucketName, name, generation: this.#nextGeneration() }, bytes, sent);
    objects.set(name, object);
    return object;
  }

  deleteObject(bucketName: string, name: string, query: URLSearchParams): void {
    this.getObject(bucketName, name, query);
    this.get(bucketName).objects.delete(name);
  }

  /** Microseconds, as Google's are; and always more than the one before. */
  #nextGeneration(): bigint {
    const now = BigInt(Date.now()) * 1000n;
    this.#lastGeneration = now > this.#lastGeneration ? now : this.#lastGeneration + 1n;
    return this.#lastGeneration;
  }
}

export function bucketResource(bucket: Bucket, endpoint: string): Record<string, unknown> {
  return {
    kind: "storage#bucket",
    id: bucket.name,
    selfLink: `${endpoint}/storage/v1/b/${bucket.name}`,
    name: bucket.name,
    projectNumber: "1",
    metageneration: `${bucket.metageneration}`,
    timeCreated: bucket.created.toISOString(),
    updated: bucket.created.toISOString(),
    etag: Buffer.from(`${bucket.metageneration}`).toString("base64"),
    ...bucket.properties,
  };
}

/** @throws {ApiError} 400 for what is no name of an object (cloud.google.com/storage/docs/objects#naming) */
export function checkObjectName(name: string): void {
  if (name === "") throw invalid("Required");
  if (Buffer.byteLength(name) > 1024)
    throw invalid("The specified object name is not valid: it is longer than 1024 bytes.");
  if (/[\r\n]/.test(name) || name === "." || name === ".." || name.startsWith(".well-known/acme-challenge/")) {
    throw invalid("Invalid object name.");
  }
}

/** cloud.google.com/storage/docs/buckets#naming, for names without a domain in them. */
function isBucketName(name: string): boolean {
  return (
    /^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/.test(name) && !name.startsWith("goog") && !/^\d+\.\d+\.\d+\.\d+$/.test(name)
  );
}

function pickProperties(sent: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { lifecycle } = sent;
  if (lifecycle !== undefined && lifecycle !== null) checkLifecycle(lifecycle);
  return Object.fromEntries(bucketProperties.filter((name) => name in sent).map((name) => [name, sent[name]]));
}

/** @throws {ApiError} 400 for a rule that Google would not take (cloud.google.com/storage/docs/lifecycle) */
function checkLifecycle(lifecycle: unknown): void {
  const rules = isRecord(lifecycle) ? lifecycle["rule"] : undefined;
  const isRule = (rule: unknown) =>
    isRecord(rule) &&
    isRecord(rule["action"]) &&
    ["Delete", "SetStorageClass", "AbortIncompleteMultipartUpload"].includes(String(rule["action"]["type"])) &&
    isRecord(rule["condition"]) &&
    Object.keys(rule["condition"]).length > 0 &&
    isDays(rule["condition"]["daysSinceCustomTime"]);
  if (!Array.isArray(rules) || !rules.every(isRule)) throw invalid("A lifecycle management rule is invalid.");
}

function isDays(value: unknown): boolean {
  return value === undefined || (Number.isInteger(value) && Number(value) >= 0);
}
