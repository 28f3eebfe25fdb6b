import type { OutcomeInfo } from "@llmcache/core";

/** How a response came about. */
export interface Handling extends Pick<OutcomeInfo, "status" | "freshFor" | "missReason"> {
  /** The store that the answer came from. */
  readonly source?: string | undefined;
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
 * One member of the response header `Cache-Status` (RFC 9211). `ttl` is below 0 for a stale answer, `detail` names the store of a stored one. Whether a new
 * answer is stored is not known when its response begins, so `stored` is never claimed.
 */
export function formatCacheStatus(handling: Handling): string {
  const { freshFor, detail = handling.source } = handling;
  const parameters = ["llmcache", ...parametersOf(handling)];
  if (freshFor !== undefined && Number.isFinite(freshFor)) parameters.push(`ttl=${Math.floor(freshFor)}`);
  if (detail !== undefined) parameters.push(`detail=${isToken(detail) ? detail : JSON.stringify(detail)}`);
  return parameters.join("; ");
}

function parametersOf({ status, refusedStored, upstreamFailed, partial, missReason }: Handling): string[] {
  const forwarded = refusedStored === true ? "request" : missReason === "expired" ? "stale" : "miss";
  switch (status) {
    case "hit":
    case "semantic":
      return ["hit"];
    case "stale":
      return upstreamFailed === true ? ["fwd=stale"] : ["hit"];
    case "bypass":
      return ["fwd=bypass"];
    case "coalesced":
      return [`fwd=${forwarded}`, "collapsed"];
    case "miss":
      return [`fwd=${partial === true ? "partial" : forwarded}`];
  }
}

/** Whether a text may stand without quotes (RFC 8941, section 3.3.4). */
function isToken(text: string): boolean {
  return /^[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*$/.test(text);
}
