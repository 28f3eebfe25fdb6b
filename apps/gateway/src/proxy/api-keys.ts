import { timingSafeEqual } from "node:crypto";
import type { ApiKeyConfig } from "../config/config.ts";
import { digestOf } from "../config/config-schema.ts";
import { credentialHeaders } from "./headers.ts";

/** Where a client may put the gateway's key when its own credential is for the upstream. */
const ownHeader = "x-llmcache-api-key";

/** A request whose key is known. */
export interface Identified {
  readonly apiKey: ApiKeyConfig;
  /** What held the key, which must not be sent on: a header's name, or the query's parameter `key`. */
  readonly header: string | undefined;
  readonly parameter: string | undefined;
}

/** Whose key a request has, wherever the vendors' clients put theirs; `undefined`: none that is known. */
export function identify(
  headers: Headers,
  query: URLSearchParams,
  known: readonly ApiKeyConfig[],
): Identified | undefined {
  for (const header of [ownHeader, ...credentialHeaders]) {
    const apiKey = find(headers.get(header)?.replace(/^Bearer\s+/i, ""), known);
    if (apiKey !== undefined) return { apiKey, header, parameter: undefined };
  }
  const apiKey = find(query.get("key") ?? undefined, known);
  return apiKey && { apiKey, header: undefined, parameter: "key" };
}

/** Whether a key has this hash, in a time that tells nothing. */
export function hasHash(key: string, hash: string): boolean {
  return timingSafeEqual(Buffer.from(digestOf(key), "hex"), Buffer.from(hash, "hex"));
}

/** Compares with all, so that the time does not tell which one it was. */
function find(key: string | undefined, known: readonly ApiKeyConfig[]): ApiKeyConfig | undefined {
  return key === undefined ? undefined : known.filter(({ hash }) => hasHash(key, hash))[0];
}
