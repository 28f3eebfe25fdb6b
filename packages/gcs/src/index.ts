export { connectGcs } from "./connect.ts";
export type { ConnectGcsOptions } from "./connect.ts";
export { GcsBackend } from "./gcs-backend.ts";
export type { GcsOptions } from "./gcs-options.ts";
export { lifecycleRule } from "./lifecycle-rule.ts";
export type { LifecycleRuleOptions } from "./lifecycle-rule.ts";
