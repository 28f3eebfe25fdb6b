import type { JSONObject, SharedV4ProviderMetadata } from "@ai-sdk/provider";
import type { OutcomeInfo } from "@llmcache/core";
import { ownName } from "./cached-call.ts";

/** The vendor's metadata of an answer, with how it came about: `{ status, key, source, age, freshFor }`. What does not apply is absent. */
export function withOutcome(
  metadata: SharedV4ProviderMetadata | undefined,
  outcome: OutcomeInfo,
): SharedV4ProviderMetadata {
  return { ...metadata, [ownName]: describeOutcome(outcome) };
}

/** How an answer came about, as JSON. `age` and `freshFor` are in seconds; an answer without expiry has no `freshFor`. */
export function describeOutcome({ status, key, source, age, freshFor, missReason }: OutcomeInfo): JSONObject {
  return {
    status,
    ...(key !== undefined && { key }),
    ...(source !== undefined && { source }),
    age,
    ...(freshFor !== undefined && Number.isFinite(freshFor) && { freshFor }),
    ...(missReason !== undefined && { missReason }),
  };
}
