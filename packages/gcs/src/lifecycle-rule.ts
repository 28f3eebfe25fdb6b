import type { LifecycleRule } from "@google-cloud/storage";
import { checkOptions } from "@llmcache/core";
import { parsePath } from "./gcs-options.ts";

export interface LifecycleRuleOptions {
  /** As in the options of the backend. @default the whole bucket */
  readonly path?: string | undefined;
}

/**
 * The rule by which Google itself removes what has expired: what `bucket.addLifecycleRule` takes, and one of the `rule`s of the file
 * that `gcloud storage buckets update --lifecycle-file` takes. Each entry says when it expires, as the object's custom time. It goes
 * a day after that, at the earliest; what never expires stays.
 */
export function lifecycleRule(options: LifecycleRuleOptions = {}): LifecycleRule {
  checkOptions("lifecycleRule", options, ["path"] satisfies (keyof LifecycleRuleOptions)[]);
  const path = parsePath(options.path);
  return {
    action: { type: "Delete" },
    condition: { daysSinceCustomTime: 1, ...(path === "" ? {} : { matchesPrefix: [path] }) },
  };
}
