import type { OutgoingHttpHeaders } from "node:http";
import { newIdentifier } from "./identifiers.ts";

/** The limits that the model claims to have. It enforces none of them. */
const requestsPerMinute = 10_000;
const tokensPerMinute = 2_000_000;

/**
 * The headers that the API sends beside the body: all of them different on each call, and some, like the cookie, meant for
 * one client only. A cache has to know which of them it may replay.
 */
export function responseHeaders(answered: {
  readonly requests: number;
  readonly milliseconds: number;
}): OutgoingHttpHeaders {
  return {
    "x-request-id": newIdentifier("req_", 32),
    "openai-organization": "local-model",
    "openai-processing-ms": String(Math.round(answered.milliseconds)),
    "openai-version": "2020-10-01",
    "x-ratelimit-limit-requests": String(requestsPerMinute),
    "x-ratelimit-limit-tokens": String(tokensPerMinute),
    "x-ratelimit-remaining-requests": String(requestsPerMinute - (answered.requests % requestsPerMinute)),
    "x-ratelimit-remaining-tokens": String(tokensPerMinute - ((answered.requests * 100) % tokensPerMinute)),
    "x-ratelimit-reset-requests": "6ms",
    "x-ratelimit-reset-tokens": "3ms",
    "x-content-type-options": "nosniff",
    "set-cookie": `__cf_bm=${newIdentifier("", 43)}; path=/; HttpOnly; SameSite=None`,
  };
}

/** By when a client that was refused should ask again, in both of the forms that the SDKs read. */
export function retryHeaders(seconds: number | undefined): OutgoingHttpHeaders {
  if (seconds === undefined) return {};
  return { "retry-after": String(Math.ceil(seconds)), "retry-after-ms": String(Math.round(seconds * 1000)) };
}
