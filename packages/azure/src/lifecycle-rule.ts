import { checkOptions, describeType } from "@llmcache/core";
import { parsePath } from "./azure-blob-options.ts";

export interface LifecycleRuleOptions {
  /** As in the options of the backend. */
  readonly container: string;
  /** As in the options of the backend. @default the whole container */
  readonly path?: string | undefined;
  /** After how many days a blob goes. At least as long as the longest time that an entry is kept. */
  readonly days: number;
}

/** A rule of a storage account's lifecycle management policy, as Azure's management API spells it. */
export interface ManagementPolicyRule {
  readonly enabled: true;
  readonly name: string;
  readonly type: "Lifecycle";
  readonly definition: {
    readonly actions: { readonly baseBlob: { readonly delete: { readonly daysAfterModificationGreaterThan: number } } };
    readonly filters: { readonly blobTypes: readonly ["blockBlob"]; readonly prefixMatch: readonly [string] };
  };
}

/**
 * The rule by which Azure itself removes what has expired: one of the `rules` that `az storage account management-policy create` takes.
 * Azure counts from the last write, in whole days, and looks once a day.
 *
 * @throws {TypeError} for days that are no whole number above 0
 */
export function lifecycleRule(options: LifecycleRuleOptions): ManagementPolicyRule {
  checkOptions("lifecycleRule", options, ["container", "path", "days"] satisfies (keyof LifecycleRuleOptions)[]);
  const { container, path, days } = options;
  if (typeof container !== "string" || container === "") {
    throw new TypeError(`lifecycleRule: container must be the name of a container, got ${describeType(container)}`);
  }
  if (!Number.isInteger(days) || days < 1) {
    throw new TypeError(`lifecycleRule: days must be a whole number above 0, got ${describeType(days)}`);
  }
  return {
    enabled: true,
    name: "llmcache",
    type: "Lifecycle",
    definition: {
      actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: days } } },
      filters: { blobTypes: ["blockBlob"], prefixMatch: [`${container}/${parsePath(path)}`] },
    },
  };
}
