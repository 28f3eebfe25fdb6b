import type { Status } from "@llmcache/core";

/** How a response came about. */
export interface Handling {
  readonly status: Status;
  /** Whether the caller refused what is stored. */
  readonly refusedStored?: boolean | undefined;
  /** Whether the upstream was asked for this caller before a stored answer was served after all. */
  readonly upstreamFailed?: boolean | undefined;
  /** Whether some of its parts were stored. */
  readonly partial?: boolean | undefined;
  /** Why, in one word. */
  readonly detail?: string | undefined;
}

/**
 * One member of the response header `Cache-Status` (RFC 9211). Whether a new answer is stored is not known when its response
 * begins, so `stored` is never claimed.
 */
export function formatCacheStatus({ status, refusedStored, upstreamFailed, partial, detail }: Handling): string {
  const parameters = parametersOf(status, refusedStored === true, upstreamFailed === true, partial === true);
  return ["llmcache", ...parameters, ...(detail === undefined ? [] : [`detail=${detail}`])].join("; ");
}

function parametersOf(status: Status, refusedStored: boolean, upstreamFailed: boolean, partial: boolean): string[] {
  switch (status) {
    case "hit":
    case "semantic":
      return ["hit"];
    case "stale":
      return upstreamFailed ? ["fwd=stale"] : ["hit"];
    case "bypass":
      return ["fwd=bypass"];
    case "coalesced":
      return [`fwd=${refusedStored ? "request" : "miss"}`, "collapsed"];
    case "miss":
      if (partial) return ["fwd=partial"];
      return [`fwd=${refusedStored ? "request" : "miss"}`];
  }
}
