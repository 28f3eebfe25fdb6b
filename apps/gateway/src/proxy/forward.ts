import type { ServerResponse } from "node:http";
import type { Cache } from "@llmcache/core";
import { cachedFetch, type Fetch } from "@llmcache/http";
import type { Config } from "../config/config.ts";
import { CallEvents } from "../telemetry/call-events.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { responseHeaders } from "./headers.ts";
import { type Arrived, type Inquiry, readInquiry, signedRequest } from "./inquiry.ts";
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
  const log = new CallLog(telemetry, config.admin.showPrompts);
  const inquiry = await readInquiry(arrived, config).catch((error: unknown) => {
    if (error instanceof RefusedError) return error.refusal;
    throw error;
  });
  if ("code" in inquiry) {
    telemetry.refused(inquiry.code);
    return refuse(inquiry);
  }
  const events = new CallEvents();
  const response = await telemetry.during(events, () => ask(inquiry, arrived.signal, { config, cache, client }));
  return respond(response, inquiry, { log, events, outgoing, http10: arrived.incoming.httpVersion === "1.0" });
}

async function ask(
  inquiry: Inquiry,
  signal: AbortSignal,
  { config, cache, client }: Pick<Forwarding, "config" | "cache" | "client">,
): Promise<Response> {
  const { method, route, headers, body, controls, scope } = inquiry;
  const { headersThatCount } = config.cache;
  const cached = cachedFetch(cache, {
    fetch: upstreamFetch(client.fetch, inquiry),
    ...{ controls, scope, headersThatCount },
  });
  // The controls have been read and clamped: the cache is not to read them again.
  const unspoken = new Headers(headers);
  unspoken.delete("cache-control");
  try {
    return await cached(route.url, { method, headers: unspoken, signal, ...(body !== undefined && { body }) });
  } catch (error) {
    if (signal.aborted) throw error;
    // A body that passes through may turn out to be too long.
    return refuse(causeOf(error)?.refusal ?? refusalOf(error, route.name));
  }
}

/** Sends what the cache cannot answer. */
function upstreamFetch(fetch: Fetch, { headers, route }: Inquiry): Fetch {
  const signed = signedRequest(headers, route);
  return async (_, init) => {
    // The body is the cache's: a part of a batch has one of its own.
    const response = await fetch(signed.url, { ...init, headers: signed.headers });
    const { status, statusText, body } = response;
    const hasBody = ![204, 205, 304].includes(status);
    return new Response(hasBody ? body : null, { status, statusText, headers: responseHeaders(response.headers) });
  };
}

function causeOf(error: unknown): RefusedError | undefined {
  if (error instanceof RefusedError) return error;
  return error instanceof Error && error.cause !== undefined ? causeOf(error.cause) : undefined;
}
