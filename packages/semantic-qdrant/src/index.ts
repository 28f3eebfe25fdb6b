export { connectQdrant } from "./connect.ts";
export type { ConnectQdrantOptions } from "./connect.ts";
export { QdrantSemanticBackend } from "./qdrant-semantic-backend.ts";
export type { QdrantSemanticOptions, QdrantStoreOptions } from "./qdrant-options.ts";
export type { Quantization } from "./quantization.ts";
