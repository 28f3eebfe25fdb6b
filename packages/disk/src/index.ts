export { DiskBackend } from "./disk-backend.ts";
export type { DiskOptions } from "./disk-options.ts";
export { JsonLinesBackend } from "./json-lines-backend.ts";
export type { JsonLinesOptions } from "./json-lines-backend.ts";
