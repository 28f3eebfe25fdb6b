import type { Cache, CacheControls } from "@llmcache/core";
import { answerBatch } from "./answer-batch.ts";
import { answerStream } from "./answer-stream.ts";
import { answerWhole } from "./answer-whole.ts";
import type { CachingOptions } from "./cached-fetch-options.ts";
import { callOf } from "./call-of.ts";
import { ControlHeaderError, readControls } from "./control-headers.ts";
import { type Credential, readCredential } from "./credential.ts";
import { type Exchange, refusal, relay } from "./exchange.ts";
import { formatFor } from "./formats/format-for.ts";
import type { Params } from "./formats/wire-format.ts";
import { type Fetch, OutgoingRequest } from "./outgoing-request.ts";
import { readBody } from "./request-body.ts";

/** Answers requests from a cache, and sends by a `fetch` what it cannot answer. */
export type CachingTransport = (fetch: Fetch, ...request: Parameters<Fetch>) => Promise<Response>;

/**
 * The way through the cache that everything in this package goes.
 *
 * @param options that are checked
 * @param signedLater whether requests may get their credential further on, so that one without any is not known to be anybody's
 */
export function cachingTransport(cache: Cache, options: CachingOptions, signedLater = false): CachingTransport {
  const { headersThatCount = [] } = options;
  const scopeIsBound = cache.scope !== undefined;
  return async (fetch, input, init) => {
    const request = readRequest(fetch, input, init);
    if (request === undefined) return fetch(input, init);
    const format = formatFor(request.method, request.url);
    if (format === undefined) return request.send();
    request.signal?.throwIfAborted();
    const body = await readBody(request, format);
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
      const isUnknown = credential.changes || (signedLater && credential.fingerprint === undefined);
      if (isUnknown && !scopeIsGiven) return await bypass(exchange, "credential-without-scope");
      return await answer(exchange, credential);
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
function controlsOf({ url, headers }: OutgoingRequest, params: Params, options: CachingOptions): CacheControls {
  const asked = readControls(headers);
  const scope = typeof options.scope === "function" ? options.scope({ url, headers, params }) : options.scope;
  return { ...options.controls, ...(scope !== undefined && { scope }), ...asked };
}

async function answer(exchange: Exchange, { signsBody }: Credential): Promise<Response> {
  const { format, body } = exchange;
  const { params } = body;
  if (!format.isCacheable(params)) return bypass(exchange, "not-cacheable");
  if (body.repeatsNames) return bypass(exchange, "repeated-members");
  if (format.stream?.isAsked(params) === true) return answerStream(exchange, format.stream);
  const inputs = format.batch?.inputsOf(params);
  if (format.batch === undefined || inputs === undefined) return answerWhole(exchange);
  // A part of the inputs would be another body, which its signature does not fit.
  if (signsBody && inputs.length > 1) return bypass(exchange, "signed-batch");
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
