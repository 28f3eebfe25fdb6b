import { Cache, memory } from "@llmcache/core";
import { createCache } from "cache-manager";
import { Cacheable } from "cacheable";
import { Keyv } from "keyv";
import { LRUCache } from "lru-cache";
import { referenceKey } from "../reference-key.ts";
import type { Role } from "../row.ts";
import { openBentocache } from "./bentocache.ts";

export type Model = () => Promise<string>;

/** A cache that makes what is missing. */
export interface StampedeCacheKind {
  readonly name: string;
  readonly role: Role;
  open(): Promise<(params: unknown, model: Model) => Promise<unknown>>;
}

const ttl = "1h";

/** Those that say they call the model once for callers who come together, and keyv, which does not. */
export const stampedeCaches: readonly StampedeCacheKind[] = [
  {
    name: "llmcache",
    role: "ours",
    async open() {
      const cache = new Cache({ backend: memory(), namespace: "bench", ttl });
      return async (params, model) => (await cache.run({ operation: "chat", params }, model)).value;
    },
  },
  {
    name: "bentocache",
    role: "peer",
    async open() {
      const cache = openBentocache(1_000);
      return (params, model) => cache.getOrSet({ key: referenceKey(params), ttl, factory: model });
    },
  },
  {
    name: "cacheable",
    role: "peer",
    async open() {
      const cache = new Cacheable();
      return (params, model) => cache.getOrSet(referenceKey(params), model, { ttl });
    },
  },
  {
    name: "cache-manager",
    role: "peer",
    async open() {
      const cache = createCache();
      return (params, model) => cache.wrap(referenceKey(params), model);
    },
  },
  {
    name: "lru-cache",
    role: "peer",
    async open() {
      const fetchMethod = (_key: string, _stale: string | undefined, options: { context: Model }) => options.context();
      const cache = new LRUCache<string, string, Model>({ max: 1_000, fetchMethod });
      return (params, context) => cache.fetch(referenceKey(params), { context });
    },
  },
  {
    name: "keyv",
    role: "peer",
    async open() {
      const cache = new Keyv();
      return async (params, model) => {
        const key = referenceKey(params);
        const stored: unknown = await cache.get(key);
        if (stored !== undefined) return stored;
        const answer = await model();
        await cache.set(key, answer);
        return answer;
      };
    },
  },
];
