import type { SemanticBackend } from "@llmcache/core";
import { analyse, decide, memorySemantic } from "@llmcache/semantic";
import { connectQdrant } from "@llmcache/semantic-qdrant";
import { connectSemanticRedis } from "@llmcache/semantic-redis";
import { startQdrant, startRedis, type Stoppable } from "@llmcache/test-servers";
import type { Competitor, Row } from "../row.ts";

/** Of all-MiniLM-L6-v2. */
const dimensions = 384;

const scope = "5".repeat(64);

/** How many decisions a sample is of, of which it is the one that 50 or 99 of 100 are faster than. */
const decisions = 100;

interface OpenStore {
  readonly name: string;
  readonly backend: SemanticBackend;
  readonly server?: Stoppable;
}

/** The stores, each on a server of its own. */
const openers: readonly (() => Promise<OpenStore>)[] = [
  async () => ({ name: "in process", backend: memorySemantic({ dimensions, maxBytes: 2 ** 30 }) }),
  async () => openRedis("Redis 8, vector sets", await startRedis({ version: "redis-8" })),
  async () => openRedis("RediSearch 2.6", await startRedis({ version: "redis-8", search: true })),
  async () => {
    const server = await startQdrant();
    const backend = await connectQdrant({
      url: server.url,
      embedder: "bench",
      dimensions,
      timeout: "2m",
      environment: {},
    });
    return { name: "Qdrant, scalar", backend, server };
  },
];

/** What a semantic decision takes besides the embedding: reading the prompt, finding the ten nearest, and deciding among them. */
export const semanticRows: readonly Row[] = [
  semanticRow(10_000, 0.5),
  semanticRow(10_000, 0.99),
  semanticRow(100_000, 0.5),
  semanticRow(100_000, 0.99),
];

function semanticRow(entries: number, share: 0.5 | 0.99): Row {
  return {
    name: `semantic-${entries / 1_000}k-p${share * 100}`,
    title: `semantic decision among ${entries / 1_000}k prompts of one scope, p${share * 100}`,
    unit: "ms",
    baseline: "in process",
    goals: share === 0.99 ? [{ atMost: entries / 10_000 }] : [],
    large: entries > 10_000,
    rounds: ({ quick }) => (quick ? 5 : 11),
    async open({ quick }) {
      const stores: OpenStore[] = [];
      for (const open of openers) {
        const store = await open();
        await fill(store.backend, quick ? entries / 10 : entries);
        stores.push(store);
      }
      return {
        competitors: stores.map((store) => competitor(store, entries, share)),
        async close() {
          for (const { backend, server } of stores) {
            await backend[Symbol.asyncDispose]?.();
            await server?.stop();
          }
        },
      };
    },
  };
}

function competitor({ name, backend }: OpenStore, entries: number, share: number): Competitor {
  let number = entries;
  return {
    name,
    role: "ours",
    async sample() {
      const times: number[] = [];
      for (let turn = 0; turn < decisions; turn++) {
        const [vector, prompt] = [vectorAt((number += 1)), promptAt(number)];
        const startedAt = performance.now();
        const found = await backend.nearest(scope, vector, { limit: 10, minScore: 0.5 });
        const candidates = found.map(({ key, score }) => ({ key, similarity: score, features: featuresOf(key) }));
        decide(analyse(prompt), candidates);
        times.push(performance.now() - startedAt);
      }
      times.sort((left, right) => left - right);
      return times[Math.floor(share * decisions)] ?? Number.NaN;
    },
    // The nearest to what is there is that itself, in every store.
    answer: async () => (await backend.nearest(scope, vectorAt(7), { limit: 1 })).map(({ key }) => key),
  };
}

async function openRedis(name: string, server: Awaited<ReturnType<typeof startRedis>>): Promise<OpenStore> {
  const options = { url: server.url, embedder: "bench", dimensions, commandTimeout: "2m", environment: {} } as const;
  return { name, backend: await connectSemanticRedis(options), server };
}

async function fill(backend: SemanticBackend, entries: number): Promise<void> {
  const value = new Uint8Array(2_000);
  const entryAt = (index: number) => ({
    key: `bench/${index}`,
    value,
    options: { embedding: { scope, vector: vectorAt(index) } },
  });
  for (let from = 0; from < entries; from += batch) {
    const batchOf = Array.from({ length: Math.min(batch, entries - from) }, (_, index) => entryAt(from + index));
    if (backend.putMany !== undefined) await backend.putMany(batchOf);
    else for (const entry of batchOf) await backend.put(entry.key, entry.value, entry.options);
  }
}

/** Puts at a time. */
const batch = 250;

const noise = Float32Array.from({ length: 100_003 }, (_, index) => ((index * 48_271) % 65_537) / 65_537 - 0.5);

/** Around 500 centres, as prompts are about a few hundred things. */
function vectorAt(index: number): Float32Array {
  const [centre, own] = [(index % 500) * 389, index * 97];
  const at = (position: number) => noise[position % noise.length] ?? 0;
  return Float32Array.from({ length: dimensions }, (_, place) => at(centre + place) + 0.6 * at(own + place * 3));
}

function promptAt(index: number): string {
  return `How do I change the limit of card ${index % 90} to ${(index % 40) * 100} dollars in the app?`;
}

function featuresOf(key: string): ReturnType<typeof analyse> {
  return analyse(promptAt(Number(key.slice(key.lastIndexOf("/") + 1))));
}
