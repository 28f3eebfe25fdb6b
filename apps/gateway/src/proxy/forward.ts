import type { ServerResponse } from "node:http";
import type { Cache } from "@llmcache/core";
import { cachedFetch, type Fetch } from "@llmcache/http";
import type { Config } from "../config/config.ts";
import { CallEvents } from "../telemetry/call-events.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { responseHeaders } from "./headers.ts";
import { type Arrived, type Inquiry, readInquiry, signedHeaders } from "./inquiry.ts";
import { CallLog } from "./call-log.ts";
import { RefusedError, refuse } from "./refusal.ts";
import { respond } from "./respond.ts";
import { refusalOf, type UpstreamClient } from "./upstream-client.ts";

/** What requests are forwarded with. */
export interface Forwarding {
  readonly config: Config;
  readonly cache: Cache;
  readonly client: UpstreamClient;
  readonly telemetry: Telemetry;
}

/** Answers a request by the cache, or by its upstream. What is wrong with it is a response too. */
export async function forward(
  arrived: Arrived,
  outgoing: ServerResponse,
  { config, cache, client, telemetry }: Forwarding,
): Promise<Response> {
  try {
    const log = new CallLog(telemetry, config.admin.showPrompts);
    const inquiry = await readInquiry(arrived, config);
    const events = new CallEvents();
    const response = await telemetry.during(events, () => ask(inquiry, arrived.signal, cache, client));
    return respond(response, inquiry, { log, events, outgoing, http10: arrived.incoming.httpVersion === "1.0" });
  } catch (error) {
    if (error instanceof RefusedError) return refuse(error.refusal);
    throw error;
  }
}

async function ask(inquiry: Inquiry, signal: AbortSignal, cache: Cache, client: UpstreamClient): Promise<Response> {
  const { method, route, headers, body, controls, scope } = inquiry;
  const cached = cachedFetch(cache, { fetch: upstreamFetch(client.fetch, inquiry), controls, scope });
  // The controls have been read and clamped: the cache is not to read them again.
  const unspoken = new Headers(headers);
  unspoken.delete("cache-control");
  try {
    return await cached(route.url, { method, headers: unspoken, signal, ...(body !== undefined && { body }) });
  } catch (error) {
    if (signal.aborted || error instanceof RefusedError) throw error;
    const refused = cause(error, RefusedError);
    throw new RefusedError(refused?.refusal ?? refusalOf(error, route.name));
  }
}

/** Sends what the cache cannot answer. */
function upstreamFetch(fetch: Fetch, { headers, route }: Inquiry): Fetch {
  return async (input, init) => {
    const sent = signedHeaders(headers, route);
    // A part of a batch has a body of its own.
    const response = await fetch(input, { ...init, headers: sent });
    const { status, statusText, body } = response;
    const hasBody = ![204, 205, 304].includes(status);
    return new Response(hasBody ? body : null, { status, statusText, headers: responseHeaders(response.headers) });
  };
}

function cause<Kind extends Error>(error: unknown, kind: abstract new (...given: never[]) => Kind): Kind | undefined {
  if (error instanceof kind) return error;
  return error instanceof Error && error.cause !== undefined ? cause(error.cause, kind) : undefined;
}
