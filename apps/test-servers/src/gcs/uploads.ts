import { randomBytes } from "node:crypto";
import { ApiError, invalid, missingParameter } from "./api-error.ts";
import { type Buckets, checkObjectName } from "./buckets.ts";
import { type Exchange, headerOf, parseResource, send, sendJson } from "./exchange.ts";
import { parseMultipart } from "./multipart.ts";
import { objectResource, type StoredObject } from "./stored-object.ts";
import { checkConditions } from "./conditions.ts";

/** A resumable upload that was begun. */
interface Session {
  readonly bucket: string;
  readonly name: string;
  readonly query: URLSearchParams;
  readonly resource: Readonly<Record<string, unknown>>;
  pieces: Buffer[];
  received: number;
  stored: StoredObject | undefined;
}

/** Called with the name before anything is written to it; throws where the caller may not. */
type Permit = (name: string) => void;

/** Each piece but the last is a multiple of this. */
const pieceBytes = 262_144;

/** The three ways to write an object (cloud.google.com/storage/docs/uploads-downloads#uploads). */
export class Uploads {
  readonly #buckets: Buckets;
  readonly #endpoint: string;
  readonly #sessions = new Map<string, Session>();

  constructor(buckets: Buckets, endpoint: string) {
    this.#buckets = buckets;
    this.#endpoint = endpoint;
  }

  /** `POST /upload/storage/v1/b/BUCKET/o`. */
  insert(exchange: Exchange, bucket: string, permit: Permit): void {
    const { query } = exchange;
    this.#buckets.get(bucket);
    switch (query.get("uploadType")) {
      case "media":
        return this.#sendStored(exchange, this.#insertMedia(exchange, bucket, permit));
      case "multipart":
        return this.#sendStored(exchange, this.#insertMultipart(exchange, bucket, permit));
      case "resumable":
        return this.#begin(exchange, bucket, permit);
      case null:
        throw missingParameter("uploadType");
      default:
        throw invalid("Invalid value for: uploadType must be one of media, multipart, resumable");
    }
  }

  /** `PUT` or `DELETE` of the address of a resumable upload. */
  resume(exchange: Exchange, id: string): void {
    const session = this.#sessions.get(id);
    if (session === undefined) throw new ApiError(404, "notFound", "No such upload.");
    if (exchange.method === "DELETE") {
      this.#sessions.delete(id);
      return send(exchange, 499, {});
    }
    if (session.stored !== undefined) return this.#sendStored(exchange, session.stored);
    const range = parseContentRange(headerOf(exchange, "content-range"), exchange.body.length);
    if (exchange.body.length > 0) {
      if (range.start !== session.received) return this.#sendIncomplete(exchange, session);
      const isLast = range.total === session.received + exchange.body.length;
      if (!isLast && exchange.body.length % pieceBytes !== 0) {
        throw invalid(
          "Invalid request.  The number of bytes uploaded is required to be a multiple of 262144 (256 KiB).",
        );
      }
      session.pieces.push(exchange.body);
      session.received += exchange.body.length;
    }
    if (
      range.total === undefined ||
      session.received < range.total ||
      (range.isQuery && range.total !== session.received)
    ) {
      return this.#sendIncomplete(exchange, session);
    }
    const bytes = Buffer.concat(session.pieces);
    session.pieces = [];
    session.stored = this.#buckets.putObject(session.bucket, session.name, session.query, bytes, session.resource);
    this.#sendStored(exchange, session.stored);
  }

  #insertMedia(exchange: Exchange, bucket: string, permit: Permit): StoredObject {
    const { query, body } = exchange;
    const contentType = headerOf(exchange, "content-type") ?? "application/octet-stream";
    const encoding = query.get("contentEncoding");
    const resource = { contentType, ...(encoding === null ? {} : { contentEncoding: encoding }) };
    return this.#buckets.putObject(bucket, nameOf(query, {}, permit), query, body, resource);
  }

  #insertMultipart(exchange: Exchange, bucket: string, permit: Permit): StoredObject {
    const { query, body } = exchange;
    const [metadata, media] = parseMultipart(headerOf(exchange, "content-type") ?? "", body);
    if (!metadata.contentType.startsWith("application/json")) {
      throw invalid("The first part of a multipart upload must be application/json.");
    }
    const contentType = media.contentType === "" ? "application/octet-stream" : media.contentType;
    const resource = { contentType, ...parseResource(metadata.content) };
    return this.#buckets.putObject(bucket, nameOf(query, resource, permit), query, media.content, resource);
  }

  #begin(exchange: Exchange, bucket: string, permit: Permit): void {
    const { query, body } = exchange;
    const sent = body.length === 0 ? {} : parseResource(body);
    const contentType = headerOf(exchange, "x-upload-content-type") ?? "application/octet-stream";
    const resource = { contentType, ...sent };
    const name = nameOf(query, resource, permit);
    checkConditions(query, this.#buckets.get(bucket).objects.get(name));
    const id = randomBytes(24).toString("base64url");
    this.#sessions.set(id, { bucket, name, query, resource, pieces: [], received: 0, stored: undefined });
    const address = new URLSearchParams([...query, ["upload_id", id]]);
    send(exchange, 200, {
      location: `${this.#endpoint}${exchange.path}?${address.toString()}`,
      "x-guploader-uploadid": id,
    });
  }

  #sendStored(exchange: Exchange, object: StoredObject): void {
    sendJson(exchange, objectResource(object, this.#endpoint));
  }

  #sendIncomplete(exchange: Exchange, { received }: Session): void {
    send(exchange, 308, received === 0 ? {} : { range: `bytes=0-${received - 1}` });
  }
}

/** @throws {ApiError} 400 where there is none, or two that differ, or one that no object can have */
function nameOf(query: URLSearchParams, resource: Readonly<Record<string, unknown>>, permit: Permit): string {
  const inQuery = query.get("name");
  const inResource = resource["name"];
  if (inResource !== undefined && typeof inResource !== "string")
    throw invalid("Invalid value for: name is not a string");
  const name = inQuery ?? inResource;
  if (name === undefined) throw missingParameter("name");
  if (inQuery !== null && inResource !== undefined && inQuery !== inResource) {
    throw invalid("Value of the name in the resource does not match the value of the name in the URL.");
  }
  checkObjectName(name);
  permit(name);
  return name;
}

function parseContentRange(
  header: string | undefined,
  length: number,
): { readonly start: number; readonly total: number | undefined; readonly isQuery: boolean } {
  if (header === undefined) return { start: 0, total: length, isQuery: false };
  const [, start, end, total] = /^bytes (?:(\d+)-(\d+|\*)|\*)\/(\d+|\*)$/.exec(header) ?? [];
  if (total === undefined) throw invalid("Failed to parse Content-Range header.");
  // An open end is how a client says that all the rest comes in this request.
  if (end === "*") return { start: Number(start), total: Number(start) + length, isQuery: false };
  const size = total === "*" ? undefined : Number(total);
  if (start === undefined) {
    if (length > 0) throw invalid("Invalid Content-Range: bytes in the body of a status check.");
    return { start: 0, total: size, isQuery: true };
  }
  if (Number(end) - Number(start) + 1 !== length) throw invalid("Invalid Content-Range: not the length of the body.");
  return { start: Number(start), total: size, isQuery: false };
}
