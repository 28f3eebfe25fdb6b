import { Cache, memory, type Outcome } from "@llmcache/core";
import { createCache } from "cache-manager";
import { Cacheable } from "cacheable";
import { Keyv } from "keyv";
import { LRUCache } from "lru-cache";
import { referenceKey } from "../reference-key.ts";
import type { Role } from "../row.ts";
import { openBentocache } from "./bentocache.ts";

/** A cache in this process that is asked by the call, and gives each caller a copy to change. */
export interface MemoryStore {
  put(params: unknown, answer: unknown): Promise<unknown>;
  /** What was put, in whatever the cache gives it in. Where a cache can make what is missing, it is asked so that it could. */
  get(params: unknown): Promise<unknown>;
  /** The answer in what `get` gave. @default that itself */
  answerIn?(got: unknown): unknown;
}

/** The answer in what a store gave. */
export function answerOf(store: MemoryStore, got: unknown): unknown {
  return store.answerIn === undefined ? got : store.answerIn(got);
}

/** How to open one of them, for up to so many entries. */
export interface MemoryStoreKind {
  readonly name: string;
  readonly role: Role;
  open(entries: number): Promise<MemoryStore>;
}

/** No entry ends while it is measured. */
const ttl = "24h";

/** All that are compared. Those that derive no key are given the reference key, and those that share what they hold a copy. */
export const memoryStores: readonly MemoryStoreKind[] = [
  {
    name: "llmcache",
    role: "ours",
    async open() {
      const cache = new Cache({ backend: memory({ maxBytes: 2 ** 31 }), namespace: "bench", ttl });
      return {
        put: (params, answer) => cache.put({ operation: "chat", params }, answer),
        get: (params) => cache.run({ operation: "chat", params }, notStored),
        answerIn: (outcome) => (outcome as Outcome<unknown>).value,
      };
    },
  },
  {
    name: "bentocache",
    role: "peer",
    async open(entries) {
      const cache = openBentocache(entries);
      return {
        put: (params, value) => cache.set({ key: referenceKey(params), ttl, value }),
        get: (params) => cache.getOrSet({ key: referenceKey(params), ttl, factory: notStored }),
      };
    },
  },
  {
    name: "keyv",
    role: "peer",
    async open() {
      const cache = new Keyv();
      return {
        put: (params, answer) => cache.set(referenceKey(params), answer),
        get: (params) => cache.get(referenceKey(params)),
      };
    },
  },
  {
    name: "cacheable",
    role: "peer",
    async open() {
      const cache = new Cacheable();
      return {
        put: (params, answer) => cache.set(referenceKey(params), answer),
        get: (params) => cache.getOrSet(referenceKey(params), notStored),
      };
    },
  },
  {
    name: "cache-manager + structuredClone",
    role: "peer",
    async open() {
      const cache = createCache();
      return {
        put: (params, answer) => cache.set(referenceKey(params), answer),
        get: async (params) => structuredClone(await cache.wrap(referenceKey(params), notStored)),
      };
    },
  },
  {
    name: "lru-cache + structuredClone",
    role: "peer",
    async open(entries) {
      const cache = new LRUCache<string, object>({ max: entries });
      return {
        put: async (params, answer) => cache.set(referenceKey(params), answer as object),
        get: async (params) => structuredClone(cache.get(referenceKey(params))),
      };
    },
  },
  {
    name: "lru-cache + JSON.parse",
    role: "peer",
    async open(entries) {
      const cache = new LRUCache<string, string>({ max: entries });
      return {
        put: async (params, answer) => cache.set(referenceKey(params), JSON.stringify(answer)),
        get: async (params) => JSON.parse(cache.get(referenceKey(params)) ?? "") as unknown,
      };
    },
  },
];

/** The least: a map and a plain copy. */
export const plainMap: MemoryStoreKind = {
  name: "Map + plain copy",
  role: "limit",
  async open() {
    const answers = new Map<string, unknown>();
    return {
      put: async (params, answer) => answers.set(referenceKey(params), answer),
      get: async (params) => plainCopy(answers.get(referenceKey(params))),
    };
  },
};

/** The least that entries take which nobody shares: their JSON in a map. */
export const textMap: MemoryStoreKind = {
  name: "Map of JSON",
  role: "limit",
  async open() {
    const answers = new Map<string, string>();
    return {
      put: async (params, answer) => answers.set(referenceKey(params), JSON.stringify(answer)),
      get: async (params) => JSON.parse(answers.get(referenceKey(params)) ?? "") as unknown,
    };
  },
};

function plainCopy(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(plainCopy);
  const copy: Record<string, unknown> = {};
  for (const name in value) copy[name] = plainCopy((value as Record<string, unknown>)[name]);
  return copy;
}

function notStored(): never {
  throw new Error("every answer was stored before it was asked for");
}
