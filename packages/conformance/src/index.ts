export { backendConformance } from "./backend-conformance.ts";
export type { BackendConformanceOptions } from "./backend-conformance.ts";
export type { ConformanceCheck } from "./run-check.ts";
export { semanticConformance } from "./semantic-conformance.ts";
export type { SemanticConformanceOptions } from "./semantic-conformance.ts";
