import type { SemanticBackend } from "@llmcache/core";
import { analyse, decide, memorySemantic } from "@llmcache/semantic";
import { connectQdrant } from "@llmcache/semantic-qdrant";
import { connectSemanticRedis } from "@llmcache/semantic-redis";
import { startQdrant, startRedis, type Stoppable } from "@llmcache/test-servers";
import { setTimeout } from "node:timers/promises";
import type { Competitor, Contest, Row } from "../row.ts";

/** Of all-MiniLM-L6-v2. */
const dimensions = 384;

const scope = "5".repeat(64);

/** How many decisions a sample is of, of which a row takes the one that 50 or 99 of 100 are faster than. */
const decisions = 100;

interface OpenStore {
  readonly name: string;
  readonly backend: SemanticBackend;
  readonly server?: Stoppable;
  /** Resolves when what goes on behind writes is done. */
  readonly settled?: () => Promise<void>;
}

/** The stores, each on a server of its own. */
const openers: readonly (() => Promise<OpenStore>)[] = [
  async () => ({ name: "in process", backend: memorySemantic({ dimensions, maxBytes: 2 ** 30 }) }),
  async () => openRedis("Redis 8, vector sets", await startRedis({ version: "redis-8" })),
  async () => openRedis("RediSearch 2.6", await startRedis({ version: "redis-8", search: true })),
  openQdrant,
];

/** What a semantic decision takes besides the embedding: reading the prompt, finding the ten nearest, and deciding among them. */
export const semanticRows: readonly Row[] = [...rowsOf(10_000), ...rowsOf(100_000)];

/** Both figures are of one filling. */
function rowsOf(entries: number): readonly Row[] {
  const open: Row["open"] = ({ quick }, tell) => openStores(quick ? entries / 10 : entries, tell);
  return [0.5, 0.99].map((share) => ({
    name: `semantic-${entries / 1_000}k-p${share * 100}`,
    title: `semantic decision among ${entries / 1_000}k prompts of one scope, p${share * 100}`,
    unit: "ms",
    baseline: "in process",
    goals: share === 0.99 ? [{ atMost: entries / 10_000 }] : [],
    large: entries > 10_000,
    share,
    rounds: ({ quick }) => (quick ? 5 : 11),
    open,
  }));
}

async function openStores(entries: number, tell: (progress: string) => void): Promise<Contest> {
  const stores: OpenStore[] = [];
  const close = async () => {
    for (const { backend, server } of stores) {
      await backend[Symbol.asyncDispose]?.();
      await server?.stop();
    }
  };
  try {
    for (const open of openers) {
      const store = await open();
      stores.push(store);
      await fill(store, entries, tell);
      await store.settled?.();
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { competitors: stores.map((store) => competitor(store, entries)), close };
}

function competitor({ name, backend }: OpenStore, entries: number): Competitor {
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
      return times;
    },
    // The nearest to what is there is that itself, in every store.
    answer: async () => (await backend.nearest(scope, vectorAt(7), { limit: 1 })).map(({ key }) => key),
  };
}

async function openRedis(name: string, server: Awaited<ReturnType<typeof startRedis>>): Promise<OpenStore> {
  const options = { url: server.url, embedder: "bench", dimensions, commandTimeout: "2m", environment: {} } as const;
  return { name, backend: await connectSemanticRedis(options), server };
}

async function openQdrant(): Promise<OpenStore> {
  const server = await startQdrant();
  const options = { url: server.url, embedder: "bench", dimensions, timeout: "2m", environment: {} } as const;
  const backend = await connectQdrant(options);
  return {
    name: "Qdrant, scalar",
    backend,
    server,
    // It makes its index behind the writes.
    async settled() {
      while ((await backend.client.getCollection(backend.collection)).status !== "green") await setTimeout(500);
    },
  };
}

/** Puts `entries` by batches, some of them at a time: a server with several threads has use for them. */
async function fill({ name, backend }: OpenStore, entries: number, tell: (progress: string) => void): Promise<void> {
  let begun = 0;
  let done = 0;
  const putBatches = async () => {
    while (begun < entries) {
      const from = begun;
      const size = Math.min(batch, entries - from);
      begun += size;
      const some = Array.from({ length: size }, (_, index) => entryAt(from + index));
      if (backend.putMany !== undefined) await backend.putMany(some);
      else for (const { key, value, options } of some) await backend.put(key, value, options);
      if (Math.floor((10 * done) / entries) < Math.floor((10 * (done + size)) / entries))
        tell(`${name}: ${done + size} of ${entries} entries`);
      done += size;
    }
  };
  await Promise.all(Array.from({ length: lanes }, putBatches));
}

/** Puts at a time. */
const batch = 250;

/** Batches at a time. */
const lanes = 4;

const value = new Uint8Array(2_000);

function entryAt(index: number) {
  return { key: `bench/${index}`, value, options: { embedding: { scope, vector: vectorAt(index) } } };
}

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
