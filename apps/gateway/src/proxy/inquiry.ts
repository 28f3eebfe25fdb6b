import type { IncomingMessage } from "node:http";
import type { CacheControls } from "@llmcache/core";
import type { Config } from "../config/config.ts";
import { type Identified, identify } from "./api-keys.ts";
import { type JsonBody, readJsonBody } from "./body-controls.ts";
import { controlsOf } from "./controls-of.ts";
import { credentialHeaders, isCredential, requestHeaders } from "./headers.ts";
import { hasBody, readBody, streamBody } from "./read-body.ts";
import { RefusedError } from "./refusal.ts";
import { modelInPath, type Route, routeFor } from "./router.ts";

/** A request of a client, whose target has been checked. */
export interface Arrived {
  readonly incoming: IncomingMessage;
  readonly headers: Headers;
  /** Aborted when the client leaves. */
  readonly signal: AbortSignal;
}

/** What a client asks, of whom, and what it may ask of the cache. */
export interface Inquiry {
  readonly method: string;
  readonly path: string;
  readonly route: Route;
  /** The name of the gateway's own key, where it has keys. */
  readonly apiKey: string | undefined;
  readonly model: string | undefined;
  readonly json: JsonBody | undefined;
  /** What is sent on, with the client's own credential unless that was the gateway's key. */
  readonly headers: Headers;
  readonly body: BodyInit | undefined;
  readonly controls: CacheControls;
  /** Whom the answers belong to; `undefined`: the client's credential. */
  readonly scope: string | undefined;
}

/** Reads a request. @throws {RefusedError} for one that goes no further */
export async function readInquiry(arrived: Arrived, config: Config): Promise<Inquiry> {
  const { incoming, headers: given } = arrived;
  const method = checkMethod(incoming);
  const identified = identifyClient(arrived, config);
  const target = targetFor(incoming.url ?? "/", identified);
  const { json, body } = await readRequestBody(arrived, config);
  const model = json?.model ?? modelInPath(target);
  const route = findRoute(target, model, identified, config);
  const controls = controlsOf(given, json?.controls ?? {}, identified?.apiKey.controls ?? config.controls);
  const headers = requestHeaders(given);
  for (const name of identified?.headers ?? []) headers.delete(name);
  for (const [name, value] of Object.entries(route.upstream.headers)) if (!isCredential(name)) headers.set(name, value);
  return {
    ...{ method, path: splitTarget(target).path, route, model, json, headers, body, controls },
    apiKey: identified?.apiKey.name,
    scope: scopeOf(identified, config),
  };
}

/** What an upstream gets: the inquiry's own, with the operator's credential, if there is one, in place of any of the client's. */
export function signedRequest(
  headers: Headers,
  { upstream, url }: Route,
): { readonly url: URL; readonly headers: Headers } {
  const credentials = Object.entries(upstream.headers).filter(([name]) => isCredential(name));
  if (credentials.length === 0) return { url, headers };
  const signed = new Headers(headers);
  for (const name of [...credentialHeaders, "cookie"]) signed.delete(name);
  for (const [name, value] of credentials) signed.set(name, value);
  const unsigned = new URL(url);
  // As Gemini's clients may send theirs. A query without one keeps its spelling.
  if (unsigned.searchParams.has("key")) unsigned.searchParams.delete("key");
  return { url: unsigned, headers: signed };
}

function checkMethod(incoming: IncomingMessage): string {
  const method = incoming.method ?? "GET";
  if (["TRACE", "TRACK", "CONNECT"].includes(method))
    throw new RefusedError({ status: 405, code: "method_not_allowed", message: `${method} is not forwarded` });
  if ((method === "GET" || method === "HEAD") && hasBody(incoming))
    throw new RefusedError({ status: 400, code: "unexpected_body", message: `a ${method} has no body` });
  return method;
}

function identifyClient({ incoming, headers }: Arrived, { apiKeys }: Config): Identified | undefined {
  if (apiKeys.length === 0) return undefined;
  const { query = "" } = splitTarget(incoming.url ?? "");
  const identified = identify(headers, new URLSearchParams(query), apiKeys);
  if (identified !== undefined) return identified;
  throw new RefusedError({
    status: 401,
    code: "invalid_api_key",
    message: "no known key of this gateway: send one as the API key, or in x-llmcache-api-key",
  });
}

/** The gateway's own key goes no further, wherever it stood. */
function targetFor(target: string, identified: Identified | undefined): string {
  const { path, query } = splitTarget(target);
  const keys = identified?.parameters ?? [];
  if (query === undefined || keys.length === 0) return target;
  // Its name may be encoded; the others keep their spelling.
  const left = query.split("&").filter((parameter) => !keys.includes(new URLSearchParams(parameter).get("key") ?? ""));
  return left.length === 0 ? path : `${path}?${left.join("&")}`;
}

/** A query may have question marks of its own. */
function splitTarget(target: string): { readonly path: string; readonly query: string | undefined } {
  const at = target.indexOf("?");
  return at < 0 ? { path: target, query: undefined } : { path: target.slice(0, at), query: target.slice(at + 1) };
}

/** JSON and forms are read, because they may be cached. Anything else passes through as it comes. */
async function readRequestBody(
  { incoming, headers }: Arrived,
  { limits, cache }: Config,
): Promise<Pick<Inquiry, "json" | "body">> {
  if (!hasBody(incoming)) return { json: undefined, body: undefined };
  const type = headers.get("content-type") ?? "application/json";
  if (!/json|multipart\/form-data/i.test(type)) return { json: undefined, body: streamBody(incoming, limits.body) };
  const bytes = await readBody(incoming, limits.body);
  const text = /json/i.test(type) ? decode(bytes) : undefined;
  if (text === undefined) return { json: undefined, body: bytes };
  const json = readJsonBody(text, cache.bodyControls);
  return { json, body: json?.text ?? text };
}

/** A body that is no UTF-8, or begins with a byte order mark, is sent on byte by byte. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function findRoute(
  target: string,
  model: string | undefined,
  identified: Identified | undefined,
  config: Config,
): Route {
  const route = routeFor(target, model, config.upstreams);
  if (route === undefined)
    throw new RefusedError({ status: 404, code: "no_upstream", message: "no upstream serves this path and model" });
  if (identified?.apiKey.upstreams?.includes(route.name) === false)
    throw new RefusedError({
      status: 403,
      code: "upstream_not_allowed",
      message: `this key may not use ${route.name}`,
    });
  return route;
}

/** Who has a key of the gateway's is known by its name, whatever credential is used upstream. */
function scopeOf(identified: Identified | undefined, { cache }: Config): string | undefined {
  if (identified === undefined) return cache.scope;
  return identified.apiKey.scope ?? cache.scope ?? `api-key-${identified.apiKey.name}`;
}
