import {
  type Cache,
  type CacheControls,
  type Call,
  type Charge,
  isLlmCacheError,
  type OutcomeInfo,
} from "@llmcache/core";
import { type AnswerHead, bodyOf, FailedResponse, toResponse } from "./answer.ts";
import { formatCacheStatus, type Handling } from "./cache-status.ts";
import type { WireFormat } from "./formats/wire-format.ts";
import type { OutgoingRequest } from "./outgoing-request.ts";
import type { RequestBody } from "./request-body.ts";

/** One request on its way through the cache. */
export interface Exchange {
  readonly cache: Cache;
  readonly format: WireFormat;
  readonly request: OutgoingRequest;
  readonly body: RequestBody;
  readonly call: Call;
  readonly controls: CacheControls;
}

/** The way to the model for one caller, which remembers what is for this caller's eyes only. */
export class Upstream {
  readonly #request: OutgoingRequest;
  /** All headers of the last response that was an answer. */
  headers: Headers | undefined;
  /** What this caller's request failed with last, and all headers of the response that said so. */
  failure: { readonly error: unknown; readonly headers: Headers | undefined } | undefined;

  constructor(request: OutgoingRequest) {
    this.#request = request;
  }

  /** Sends the request and has `read` take the response. */
  async ask<Read>(
    signal: AbortSignal,
    read: (response: Response) => Read | Promise<Read>,
    body?: string,
  ): Promise<Read> {
    let headers: Headers | undefined;
    try {
      const response = await this.#request.send({ signal, body });
      headers = response.headers;
      const answer = await read(response);
      this.headers = headers;
      return answer;
    } catch (error) {
      this.failure = { error, headers };
      throw error;
    }
  }
}

/** How a caller is answered, beside the answer. */
export interface Reply extends Omit<OutcomeInfo, "source">, Omit<Handling, "refusedStored"> {
  /** All headers, where the answer came for this caller. */
  readonly headers?: Headers | undefined;
  /** What the answer cost when it was made, and this caller is not charged for. */
  readonly saved?: Charge | undefined;
}

/** The response that a caller gets. */
export function reply(
  { request, controls }: Exchange,
  head: AnswerHead,
  body: Parameters<typeof toResponse>[1],
  about: Reply,
): Response {
  const { status, key, age, match, saved } = about;
  const headers = about.headers === undefined ? undefined : new Headers(about.headers);
  const response = toResponse(head, body, { headers, url: request.url.href });
  response.headers.append("cache-status", formatCacheStatus({ ...about, refusedStored: controls.noCache }));
  if (status === "hit" || status === "stale" || status === "semantic")
    response.headers.set("age", String(Math.floor(age)));
  if (key !== undefined) response.headers.set("x-llmcache-key", key);
  if (match !== undefined) response.headers.set("x-llmcache-similarity", String(match.score));
  const savedTokens = saved === undefined ? 0 : saved.inputTokens + saved.outputTokens;
  if (savedTokens > 0) response.headers.set("x-llmcache-saved-tokens", String(savedTokens));
  return response;
}

/** What the upstream sent, passed on as it comes. */
export function relay(exchange: Exchange, response: Response, about: Pick<Reply, "status" | "detail">): Response {
  const { status, statusText, headers, body } = response;
  return reply(exchange, { status, statusText, headers: [] }, body, { key: undefined, age: 0, ...about, headers });
}

/** The response to a caller whose call failed. @throws the error again, where it is no response */
export function replyToFailure(exchange: Exchange, error: unknown, upstream: Upstream): Response {
  if (error instanceof FailedResponse) {
    // The one who asked is told everything, those who waited for it what is for all.
    const own = upstream.failure?.error === error ? upstream.failure : undefined;
    const status = own === undefined ? "coalesced" : "miss";
    const about: Reply = { status, key: undefined, age: 0, headers: own?.headers };
    return reply(exchange, error.answer, bodyOf(error), about);
  }
  // The caller's own cache said so, and not one that the upstream is made of: that one would have sent a response.
  if (!isLlmCacheError(error) || error.code !== "CACHE_MISS") throw error;
  return refusal(504, "Gateway Timeout", {
    message: "only-if-cached: nothing acceptable is cached for this request",
    type: "cache_error",
    parameter: "cache-control",
    code: "cache_miss",
    detail: "only-if-cached",
    key: error.key,
  });
}

/** What a refusal says. */
export interface Refusal {
  readonly message: string;
  readonly type: string;
  readonly parameter: string;
  readonly code: string;
  readonly detail: string;
  readonly key?: string | undefined;
}

/** A response of the cache itself, in the form that the vendors' errors have. SDKs are told not to try again: it would change nothing. */
export function refusal(
  status: number,
  statusText: string,
  { message, type, parameter, code, detail, key }: Refusal,
): Response {
  const body = JSON.stringify({ error: { message, type, param: parameter, code } });
  const headers = new Headers({ "content-type": "application/json", "x-should-retry": "false" });
  headers.set("cache-status", `llmcache; detail=${detail}`);
  if (key !== undefined) headers.set("x-llmcache-key", key);
  return new Response(body, { status, statusText, headers });
}
