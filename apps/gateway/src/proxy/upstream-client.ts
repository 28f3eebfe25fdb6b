import { parsePositiveDuration } from "@llmcache/core";
import type { Fetch } from "@llmcache/http";
import { Agent, fetch } from "undici";
import type { Config } from "../config/config.ts";
import type { Refusal } from "./refusal.ts";

/** What sends requests to upstreams. */
export interface UpstreamClient {
  readonly fetch: Fetch;
  /** Ends what is open. */
  close(): Promise<void>;
}

/** One pool of connections for each origin. Redirects are the client's to follow: an upstream does not choose where the gateway goes. */
export function openUpstreamClient(limits: Config["limits"]): UpstreamClient {
  const upstreamMs = parsePositiveDuration(limits.upstreamTimeout, "upstreamTimeout");
  const agent = new Agent({
    connect: { timeout: parsePositiveDuration(limits.connectTimeout, "connectTimeout") },
    headersTimeout: upstreamMs,
    bodyTimeout: upstreamMs,
  });
  // The same interface as the runtime's own, whose time-outs cannot be set.
  const send = fetch as unknown as (input: string | URL | Request, init: object) => Promise<Response>;
  return {
    fetch: (input, init) =>
      send(input, {
        ...init,
        redirect: "manual",
        dispatcher: agent,
        ...(init?.body instanceof ReadableStream && { duplex: "half" }),
      }),
    close: () => agent.destroy(),
  };
}

/** What to tell a client whose upstream could not be asked. */
export function refusalOf(error: unknown, upstream: string): Refusal {
  const code = codeOf(error);
  const isLate = code !== undefined && /TIMEOUT|TIMEDOUT/.test(code);
  const problem = isLate ? "did not answer in time" : "could not be reached";
  return {
    status: isLate ? 504 : 502,
    code: isLate ? "upstream_timeout" : "upstream_unreachable",
    message: `the upstream ${upstream} ${problem}${code === undefined ? "" : ` (${code})`}`,
  };
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ("code" in error && typeof error.code === "string") return error.code;
  return codeOf(error.cause);
}
