import type { LifecycleRule } from "@aws-sdk/client-s3";
import { checkOptions, describeType } from "@llmcache/core";
import { parsePath } from "./s3-options.ts";

export interface LifecycleRuleOptions {
  /** As in the options of the backend. @default the whole bucket */
  readonly path?: string | undefined;
  /** After how many days an object goes. At least as long as the longest time that an entry is kept. */
  readonly days: number;
}

/**
 * The rule by which S3 itself removes what has expired: one of the `Rules` that `PutBucketLifecycleConfiguration` takes. S3 counts
 * from the last write, in whole days, and removes within a day or two; in a bucket with versions older ones go a day after that.
 *
 * @throws {TypeError} for days that are no whole number above 0
 */
export function lifecycleRule(options: LifecycleRuleOptions): LifecycleRule {
  checkOptions("lifecycleRule", options, ["path", "days"] satisfies (keyof LifecycleRuleOptions)[]);
  const { days, path } = options;
  if (!Number.isInteger(days) || days < 1) {
    throw new TypeError(`lifecycleRule: days must be a whole number above 0, got ${describeType(days)}`);
  }
  return {
    ID: "llmcache",
    Status: "Enabled",
    Filter: { Prefix: parsePath(path) },
    Expiration: { Days: days },
    NoncurrentVersionExpiration: { NoncurrentDays: 1 },
  };
}
