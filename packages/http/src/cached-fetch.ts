import type { Cache, CacheControls } from "@llmcache/core";
import { answerBatch } from "./answer-batch.ts";
import { answerStream } from "./answer-stream.ts";
import { answerWhole } from "./answer-whole.ts";
import { callOf } from "./call-of.ts";
import { controlNames, ControlHeaderError, readControls } from "./control-headers.ts";
import { type Credential, readCredential } from "./credential.ts";
import { type Exchange, refusal, relay } from "./exchange.ts";
import { formatFor } from "./formats/format-for.ts";
import type { Params } from "./formats/wire-format.ts";
import { type Fetch, OutgoingRequest } from "./outgoing-request.ts";
import { parseBody } from "./request-body.ts";

/** A request, as a tenant is read from it. */
export interface ScopedRequest {
  readonly url: URL;
  readonly headers: Headers;
  /** The parsed body. */
  readonly params: Params;
}

export interface CachedFetchOptions {
  /** What sends the requests. @default globalThis.fetch */
  readonly fetch?: Fetch | undefined;
  /**
   * The tenant that answers belong to, or how it is read from a request. Without one, or for `undefined`, answers belong to the credential
   * that they were asked for with. @default the credential's fingerprint
   */
  readonly scope?: string | ((request: ScopedRequest) => string | undefined) | undefined;
  /** Names of request headers that change the answer, besides those of the vendors that do. @default [] */
  readonly headersThatCount?: readonly string[] | undefined;
  /** The controls of every request, for what its own headers leave open. @default {} */
  readonly controls?: CacheControls | undefined;
}

/**
 * A `fetch` that answers language-model calls from a cache: for `new OpenAI({ fetch: cachedFetch(cache) })`, and for whatever else takes one.
 *
 * Chat completions, responses, text completions and embeddings are cached, on any host. Every other request is passed on untouched, its body unread, and so is one
 * whose body is no JSON object. What the upstream sends in place of an answer reaches the caller as it came, and is not stored.
 *
 * A request speaks to the cache by `Cache-Control` and by `x-llmcache-` headers. What it says wrongly is answered with 400, a miss under
 * `only-if-cached` with 504.
 *
 * @throws {TypeError} for an option that is unknown or of a wrong type, naming it
 */
export function cachedFetch(cache: Cache, options: CachedFetchOptions = {}): Fetch {
  checkOptions(cache, options);
  const { fetch = (input, init) => globalThis.fetch(input, init), headersThatCount = [] } = options;
  const scopeIsBound = cache.scope !== undefined;
  return async (input, init) => {
    const request = readRequest(fetch, input, init);
    if (request === undefined) return fetch(input, init);
    const format = formatFor(request.method, request.url);
    if (format === undefined) return request.send();
    request.signal?.throwIfAborted();
    const body = parseBody(await request.readBody());
    if (body === undefined) return request.send();
    try {
      const controls = controlsOf(request, body.params, options);
      const credential = await readCredential(request.url, request.headers);
      const scopeIsGiven = scopeIsBound || controls.scope !== undefined;
      const exchange: Exchange = {
        cache,
        format,
        request,
        body,
        call: callOf(request, format, body.params, headersThatCount),
        controls: scopeIsGiven ? controls : { ...controls, scope: credential.fingerprint },
      };
      return await answer(exchange, credential, scopeIsGiven);
    } catch (error) {
      if (error instanceof ControlHeaderError) return refuseHeader(error);
      throw error;
    }
  };
}

/** What `fetch` would refuse is left to it to refuse. */
function readRequest(
  fetch: Fetch,
  input: string | URL | Request,
  init: RequestInit | undefined,
): OutgoingRequest | undefined {
  try {
    return new OutgoingRequest(fetch, input, init);
  } catch {
    return undefined;
  }
}

/** The request's own controls over the options'. The scope that a request names goes before the one that is read from it. */
function controlsOf({ url, headers }: OutgoingRequest, params: Params, options: CachedFetchOptions): CacheControls {
  const asked = readControls(headers);
  const scope = typeof options.scope === "function" ? options.scope({ url, headers, params }) : options.scope;
  return { ...options.controls, ...(scope !== undefined && { scope }), ...asked };
}

async function answer(exchange: Exchange, credential: Credential, scopeIsGiven: boolean): Promise<Response> {
  const { format, body } = exchange;
  const { params } = body;
  if (credential.changes && !scopeIsGiven) return bypass(exchange, "credential-without-scope");
  if (!format.isCacheable(params)) return bypass(exchange, "not-cacheable");
  if (body.repeatsNames) return bypass(exchange, "repeated-members");
  if (format.stream?.isAsked(params) === true) return answerStream(exchange, format.stream);
  const inputs = format.batch?.inputsOf(params);
  if (format.batch === undefined || inputs === undefined) return answerWhole(exchange);
  // A part of the inputs would be another body, which its signature does not fit.
  if (credential.signsBody && inputs.length > 1) return bypass(exchange, "signed-batch");
  return answerBatch(exchange, format.batch, inputs);
}

/** Passes a request on, and has the cache tell its observer so. */
async function bypass(exchange: Exchange, detail: string): Promise<Response> {
  const { cache, call, request } = exchange;
  const options = { bypass: detail, signal: request.signal };
  const { value } = await cache.run(call, ({ signal }) => request.send({ signal }), options);
  return relay(exchange, value, { status: "bypass", detail });
}

function refuseHeader({ message, header }: ControlHeaderError): Response {
  const about = { message, type: "invalid_request_error", parameter: header, code: "invalid_cache_control" };
  return refusal(400, "Bad Request", { ...about, detail: "invalid-control" });
}

const optionTypes: Readonly<Record<keyof CachedFetchOptions, readonly string[]>> = {
  fetch: ["function"],
  scope: ["string", "function"],
  headersThatCount: ["array"],
  controls: ["object"],
};

function checkOptions(cache: Cache, options: CachedFetchOptions): void {
  if (typeof cache?.runStream !== "function") throw new TypeError("cachedFetch: the first argument must be a Cache");
  for (const [name, value] of Object.entries(options)) {
    const types = Object.hasOwn(optionTypes, name) ? optionTypes[name as keyof CachedFetchOptions] : undefined;
    if (types === undefined)
      throw new TypeError(
        `cachedFetch: unknown option ${JSON.stringify(name)}; known are ${Object.keys(optionTypes).join(", ")}`,
      );
    const type = Array.isArray(value) ? "array" : typeof value;
    if (value !== undefined && !types.includes(type))
      throw new TypeError(`cachedFetch: ${name} must be of type ${types.join(" or ")}, got ${type}`);
  }
  const probe = new Headers();
  for (const name of options.headersThatCount ?? []) {
    if (typeof name !== "string") throw new TypeError("cachedFetch: headersThatCount must hold names of headers");
    // Throws for what can be no header's name.
    probe.has(name);
  }
  for (const name of Object.keys(options.controls ?? {})) {
    if (!controlNames.includes(name))
      throw new TypeError(`cachedFetch: unknown control ${JSON.stringify(name)}; known are ${controlNames.join(", ")}`);
  }
}
