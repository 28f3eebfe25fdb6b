export { DiskBackend } from "./disk-backend.ts";
export type { DiskOptions } from "./disk-options.ts";
