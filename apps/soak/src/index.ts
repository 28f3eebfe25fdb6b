export { soak } from "./soak.ts";
export type { SoakOptions } from "./soak.ts";
export type { SoakReport, WorkerReport } from "./report.ts";
