import type { SemanticBackend } from "@llmcache/core";
import { memorySemantic } from "@llmcache/semantic";
import { connectQdrant, type QdrantStoreOptions } from "@llmcache/semantic-qdrant";
import { connectSemanticRedis, type RedisSemanticStoreOptions } from "@llmcache/semantic-redis";
import { startQdrant, startRedis, type Stoppable } from "@llmcache/test-servers";

/** Where a server listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What all stores are told, and what some of them do with it. */
export type StoreOptions = Pick<
  RedisSemanticStoreOptions & QdrantStoreOptions,
  "dimensions" | "search" | "quantization"
>;

/** A store that finds by meaning, on a server of its own unless it needs none. */
export interface SemanticStore {
  readonly name: string;
  readonly start: () => Promise<Address & Stoppable>;
  /** A backend on it, or on what stands before it, with names of its own in the store. */
  readonly open: (address: Address, options: StoreOptions) => Promise<SemanticBackend>;
}

function redisStore(name: string, start: () => ReturnType<typeof startRedis>): SemanticStore {
  return {
    name,
    start,
    open: ({ host, port }, { dimensions, search }) =>
      connectSemanticRedis({
        ...{ host, port, dimensions, search, name, embedder: crypto.randomUUID(), environment: {} },
        ...{ connectTimeout: "300ms", commandTimeout: "2s" },
      }),
  };
}

/** Every store that has a server. */
export const semanticStores: readonly SemanticStore[] = [
  redisStore("the search engine of redis-7", () => startRedis({ version: "redis-7", search: true, own: true })),
  redisStore("the search engine of redis-8", () => startRedis({ version: "redis-8", search: true })),
  redisStore("the vector sets of redis-8", () => startRedis({ version: "redis-8" })),
  {
    name: "Qdrant",
    start: async () => {
      const server = await startQdrant();
      const { hostname, port } = new URL(server.url);
      return { ...server, host: hostname, port: Number(port) };
    },
    open: ({ host, port }, options) =>
      connectQdrant({ url: `http://${host}:${port}`, ...options, embedder: crypto.randomUUID(), environment: {} }),
  },
];

/** The one that needs none, by which the others are judged. */
export function openReference({ dimensions }: StoreOptions): SemanticBackend {
  return memorySemantic({ dimensions });
}
