import type { IncomingHttpHeaders } from "node:http";
import type { ApiError } from "./api-error.ts";
import { newIdentifier } from "./identifiers.ts";

/** Whose API a route is: how it is told who asks, and how it says what went wrong. */
export interface Vendor {
  /** Whether a request has a key. Any will do. */
  readonly hasKey: (headers: IncomingHttpHeaders, query: URLSearchParams) => boolean;
  /** What is wrong with a request that has none. */
  readonly keyIsMissing: string;
  /** The body of an error's response. */
  readonly encodeError: (error: ApiError) => object;
}

/** OpenAI's, whose ways most others have taken over. */
export const openai: Vendor = {
  hasKey: ({ authorization }) => isFilled(authorization),
  keyIsMissing: "The request has no API key: an Authorization header must carry one, as in “Bearer KEY”.",
  encodeError: ({ message, type, parameter, code }) => ({ error: { message, type, param: parameter, code } }),
};

/** Anthropic's (platform.claude.com/docs/en/api/errors). */
export const anthropic: Vendor = {
  hasKey: (headers) => isFilled(headers.authorization) || isFilled(headers["x-api-key"]),
  keyIsMissing: "The request has no API key: an x-api-key header must carry one.",
  encodeError: ({ status, message }) => ({
    type: "error",
    error: { type: anthropicTypes.get(status) ?? (status >= 500 ? "api_error" : "invalid_request_error"), message },
    request_id: newIdentifier("req_", 24),
  }),
};

/** Google's (ai.google.dev/api; google.rpc.Status). */
export const google: Vendor = {
  hasKey: (headers, query) =>
    isFilled(headers.authorization) || isFilled(headers["x-goog-api-key"]) || isFilled(query.get("key")),
  keyIsMissing: "The request has no API key: an x-goog-api-key header must carry one.",
  encodeError: ({ status, message }) => ({
    error: { code: status, message, status: googleStates.get(status) ?? "INTERNAL" },
  }),
};

const anthropicTypes: ReadonlyMap<number, string> = new Map([
  [401, "authentication_error"],
  [403, "permission_error"],
  [404, "not_found_error"],
  [413, "request_too_large"],
  [429, "rate_limit_error"],
  [529, "overloaded_error"],
]);

const googleStates: ReadonlyMap<number, string> = new Map([
  [400, "INVALID_ARGUMENT"],
  [401, "UNAUTHENTICATED"],
  [403, "PERMISSION_DENIED"],
  [404, "NOT_FOUND"],
  [429, "RESOURCE_EXHAUSTED"],
  [503, "UNAVAILABLE"],
]);

function isFilled(text: unknown): boolean {
  return typeof text === "string" && text !== "";
}
