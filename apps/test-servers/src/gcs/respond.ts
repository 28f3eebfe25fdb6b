import type { Access } from "./access.ts";
import { ApiError, missingParameter } from "./api-error.ts";
import { type Buckets, bucketResource, checkObjectName } from "./buckets.ts";
import { type Exchange, headerOf, parseResource, send, sendJson } from "./exchange.ts";
import { listObjects } from "./listing.ts";
import { sendMedia } from "./media.ts";
import { objectResource, patchObject } from "./stored-object.ts";
import type { Uploads } from "./uploads.ts";

/** What all requests share. */
export interface Site {
  readonly endpoint: string;
  readonly access: Access;
  readonly buckets: Buckets;
  readonly uploads: Uploads;
}

/** Answers one request, in one step. @throws {ApiError} for what is to be answered with an error */
export function respond(exchange: Exchange, site: Site): void {
  const { method, path, query } = exchange;
  const [api, ...segments] = splitPath(path);
  if (api === "token" && method === "POST") return sendToken(exchange, site);
  const [bucket, collection, object, ...more] = segments;
  if (api === undefined || more.length > 0 || (collection !== undefined && collection !== "o")) throw noSuchMethod();
  if (api === "upload") {
    if (bucket === undefined || collection === undefined || object !== undefined) throw noSuchMethod();
    return upload(exchange, site, bucket);
  }
  if (bucket === undefined) return respondOfBuckets(exchange, site);
  if (collection === undefined) return respondOfBucket(exchange, site, bucket);
  if (object === undefined) return listBucket(exchange, site, bucket);
  if (api === "download" && (method !== "GET" || query.get("alt") !== "media")) throw noSuchMethod();
  respondOfObject(exchange, site, bucket, object);
}

/** What is asked of, and the names behind `/b`, decoded. An object's name is one segment: its slashes are encoded. */
function splitPath(path: string): readonly string[] {
  if (path === "/token") return ["token"];
  const [, kind = "storage", rest] = /^\/(?:(upload|download)\/)?storage\/v1\/b((?:\/[^/]+)*)$/.exec(path) ?? [];
  if (rest === undefined) return [];
  try {
    return [kind, ...rest.split("/").slice(1).map(decodeURIComponent)];
  } catch {
    return [];
  }
}

function sendToken(exchange: Exchange, { access }: Site): void {
  const { status, body } = access.exchange(new URLSearchParams(exchange.body.toString("utf8")));
  send(exchange, status, { "content-type": "application/json; charset=UTF-8" }, JSON.stringify(body));
}

function upload(exchange: Exchange, { access, buckets, uploads }: Site, bucket: string): void {
  const { method, query } = exchange;
  const id = query.get("upload_id");
  if (id !== null && (method === "PUT" || method === "DELETE")) return uploads.resume(exchange, id);
  if (method !== "POST") throw noSuchMethod();
  const authorization = headerOf(exchange, "authorization");
  access.check(authorization, "storage.objects.create");
  uploads.insert(exchange, bucket, (name) => {
    // Who writes over an object removes one.
    if (buckets.get(bucket).objects.has(name)) access.check(authorization, "storage.objects.delete");
  });
}

function respondOfBuckets(exchange: Exchange, { access, buckets, endpoint }: Site): void {
  const { method, query } = exchange;
  const authorization = headerOf(exchange, "authorization");
  if (method !== "GET" && method !== "POST") throw noSuchMethod();
  if (!query.has("project")) throw missingParameter("project");
  if (method === "POST") {
    access.check(authorization, "storage.buckets.create");
    const resource = parseResource(exchange.body);
    return sendJson(exchange, bucketResource(buckets.create(resource["name"], resource), endpoint));
  }
  access.check(authorization, "storage.buckets.list");
  const prefix = query.get("prefix") ?? "";
  const items = buckets.list().filter(({ name }) => name.startsWith(prefix));
  sendJson(exchange, { kind: "storage#buckets", items: items.map((bucket) => bucketResource(bucket, endpoint)) });
}

function respondOfBucket(exchange: Exchange, { access, buckets, endpoint }: Site, name: string): void {
  const authorization = headerOf(exchange, "authorization");
  switch (exchange.method) {
    case "GET":
      access.check(authorization, "storage.buckets.get");
      return sendJson(exchange, bucketResource(buckets.get(name), endpoint));
    case "PATCH":
      access.check(authorization, "storage.buckets.update");
      return sendJson(exchange, bucketResource(buckets.patch(name, parseResource(exchange.body)), endpoint));
    case "DELETE":
      access.check(authorization, "storage.buckets.delete");
      buckets.delete(name);
      return send(exchange, 204, {});
    default:
      throw noSuchMethod();
  }
}

function listBucket(exchange: Exchange, { access, buckets, endpoint }: Site, bucket: string): void {
  const { method, query } = exchange;
  if (method !== "GET") throw noSuchMethod();
  access.check(headerOf(exchange, "authorization"), "storage.objects.list");
  const { objects, prefixes, nextPageToken } = listObjects(buckets.get(bucket).objects.values(), query);
  sendJson(exchange, {
    kind: "storage#objects",
    ...(nextPageToken === undefined ? {} : { nextPageToken }),
    ...(prefixes.length === 0 ? {} : { prefixes }),
    ...(objects.length === 0 ? {} : { items: objects.map((object) => objectResource(object, endpoint)) }),
  });
}

function respondOfObject(exchange: Exchange, { access, buckets, endpoint }: Site, bucket: string, name: string): void {
  const { method, query } = exchange;
  const authorization = headerOf(exchange, "authorization");
  checkObjectName(name);
  switch (method) {
    case "GET": {
      access.check(authorization, "storage.objects.get");
      // Who may not list must not learn whether a name is taken either.
      if (!buckets.get(bucket).objects.has(name)) access.check(authorization, "storage.objects.list");
      const object = buckets.getObject(bucket, name, query);
      if (query.get("alt") === "media") return sendMedia(exchange, object);
      return sendJson(exchange, objectResource(object, endpoint));
    }
    case "PATCH": {
      access.check(authorization, "storage.objects.update");
      const object = buckets.getObject(bucket, name, query);
      patchObject(object, parseResource(exchange.body));
      return sendJson(exchange, objectResource(object, endpoint));
    }
    case "DELETE":
      access.check(authorization, "storage.objects.delete");
      buckets.deleteObject(bucket, name, query);
      return send(exchange, 204, {});
    default:
      throw noSuchMethod();
  }
}

function noSuchMethod(): ApiError {
  return new ApiError(404, "notFound", "Not Found");
}
