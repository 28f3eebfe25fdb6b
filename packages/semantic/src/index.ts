export { memorySemantic } from "./memory-semantic.ts";
export type { MemorySemanticBackend, MemorySemanticOptions } from "./memory-semantic.ts";
