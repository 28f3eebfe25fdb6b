export { AzureBlobBackend } from "./azure-blob-backend.ts";
export type { AzureBlobOptions } from "./azure-blob-options.ts";
export { connectAzure } from "./connect.ts";
export type { ConnectAzureOptions, ConnectedAzureBlobBackend } from "./connect.ts";
export { lifecycleRule } from "./lifecycle-rule.ts";
export type { LifecycleRuleOptions, ManagementPolicyRule } from "./lifecycle-rule.ts";
