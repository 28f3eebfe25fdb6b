export { connectS3 } from "./connect.ts";
export type { ConnectedS3Backend, ConnectS3Options } from "./connect.ts";
export { lifecycleRule } from "./lifecycle-rule.ts";
export type { LifecycleRuleOptions } from "./lifecycle-rule.ts";
export { S3Backend } from "./s3-backend.ts";
export type { S3Options } from "./s3-options.ts";
