import { timingSafeEqual } from "node:crypto";
import type { ApiKeyConfig } from "../config/config.ts";
import { digestOf } from "../config/config-schema.ts";
import { credentialHeaders } from "./headers.ts";

/** Where a client may put the gateway's key when its own credential is for the upstream. */
const ownHeader = "x-llmcache-api-key";

/** A request whose key is known. */
export interface Identified {
  readonly apiKey: ApiKeyConfig;
  /** Names of all headers that hold a key of the gateway's. None of them may be sent on. */
  readonly headers: readonly string[];
  /** The same of the query's parameters `key`: their values. */
  readonly parameters: readonly string[];
}

/** Whose key a request has, wherever the vendors' clients put theirs; `undefined`: none that is known. */
export function identify(
  headers: Headers,
  query: URLSearchParams,
  known: readonly ApiKeyConfig[],
): Identified | undefined {
  const inHeaders = [ownHeader, ...credentialHeaders].flatMap((header) => {
    const apiKey = find(headers.get(header)?.replace(/^Bearer\s+/i, ""), known);
    return apiKey === undefined ? [] : [{ apiKey, header }];
  });
  const inQuery = query.getAll("key").flatMap((parameter) => {
    const apiKey = find(parameter, known);
    return apiKey === undefined ? [] : [{ apiKey, parameter }];
  });
  const [first] = [...inHeaders, ...inQuery];
  return (
    first && {
      apiKey: first.apiKey,
      headers: inHeaders.map(({ header }) => header),
      parameters: inQuery.map(({ parameter }) => parameter),
    }
  );
}

/** Whether a key has this hash, in a time that tells nothing. */
export function hasHash(key: string, hash: string): boolean {
  return timingSafeEqual(Buffer.from(digestOf(key), "hex"), Buffer.from(hash, "hex"));
}

/** Compares with all, so that the time does not tell which one it was. */
function find(key: string | undefined, known: readonly ApiKeyConfig[]): ApiKeyConfig | undefined {
  return key === undefined ? undefined : known.filter(({ hash }) => hasHash(key, hash))[0];
}
