import type { CallEvents } from "../telemetry/call-events.ts";
import type { CallOutcome } from "../telemetry/call.ts";

/** How a response came about, by what the cache says in its own member of `Cache-Status` (RFC 9211), the last one. */
export function outcomeOf(headers: Headers, events: CallEvents): CallOutcome {
  const own = headers
    .get("cache-status")
    ?.split(/,\s*(?=llmcache\b)/)
    .at(-1);
  if (own?.startsWith("llmcache") !== true) return "none";
  const parameters = own.split(";").map((parameter) => parameter.trim());
  const has = (parameter: string) => parameters.includes(parameter);
  if (has("hit") || (has("fwd=stale") && headers.has("age"))) {
    if (events.isSemantic) return "semantic";
    return has("fwd=stale") || parameters.some((parameter) => parameter.startsWith("ttl=-")) ? "stale" : "hit";
  }
  if (has("collapsed")) return "coalesced";
  if (has("fwd=bypass")) return "bypass";
  if (has("fwd=partial")) return "partial";
  return parameters.some((parameter) => parameter.startsWith("fwd=")) ? "miss" : "none";
}
