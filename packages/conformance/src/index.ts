export { backendConformance } from "./backend-conformance.ts";
export type { BackendConformanceOptions, ConformanceCheck } from "./backend-conformance.ts";
