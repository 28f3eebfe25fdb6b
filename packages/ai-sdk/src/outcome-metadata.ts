import type { JSONObject, SharedV4ProviderMetadata } from "@ai-sdk/provider";
import type { Accounting, OutcomeInfo } from "@llmcache/core";
import { ownName } from "./cached-call.ts";

/** How an answer came about, and who pays for it where that is known. */
export interface Described extends OutcomeInfo {
  readonly accounting?: Accounting | undefined;
}

/** The vendor's metadata of an answer, with how it came about: `{ status, key, source, age, freshFor, saved }`. What does not apply is absent. */
export function withOutcome(
  metadata: SharedV4ProviderMetadata | undefined,
  outcome: Described,
): SharedV4ProviderMetadata {
  return { ...metadata, [ownName]: describeOutcome(outcome) };
}

/** How an answer came about, as JSON. `age` and `freshFor` are in seconds; an answer without expiry has no `freshFor`. */
export function describeOutcome(outcome: Described): JSONObject {
  const { status, key, source, age, freshFor, missReason, accounting } = outcome;
  return {
    status,
    ...(key !== undefined && { key }),
    ...(source !== undefined && { source }),
    age,
    ...(freshFor !== undefined && Number.isFinite(freshFor) && { freshFor }),
    ...(missReason !== undefined && { missReason }),
    ...savedIn(accounting),
  };
}

/** Only where something is. */
function savedIn(accounting: Accounting | undefined): JSONObject {
  if (accounting === undefined) return {};
  const { inputTokens, outputTokens, cost } = accounting.saved;
  if (inputTokens + outputTokens === 0) return {};
  return { saved: { inputTokens, outputTokens, ...(cost !== undefined && { cost }) } };
}
