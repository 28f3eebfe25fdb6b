import { Cache } from "@llmcache/core";
import { connectRedis } from "@llmcache/redis";
import { startRedis } from "@llmcache/test-servers";
import { Redis } from "ioredis";
import { chatAnswer, chatParams, embeddingParams } from "../data.ts";
import { openBentocacheOnRedis } from "../peers/bentocache.ts";
import { referenceKey } from "../reference-key.ts";
import type { Competitor, Contest, Row } from "../row.ts";
import { sampleMs, timedAsync } from "../timed.ts";

/** Different calls that take turns. */
const calls = 64;

const inputs = 100;

/** A hit in Redis while nothing else is asked of it. */
const redisHitRow: Row = {
  name: "redis-hit",
  title: "Redis hit, alone, 0.5 KB request, 2 KB answer",
  unit: "µs",
  baseline: "ioredis GET + JSON.parse",
  goals: [{ against: "ioredis GET + JSON.parse", atMost: 1.08 }],
  rounds: ({ quick }) => (quick ? 9 : 51),
  open: (effort) =>
    openChats((name, role, get) => ({
      name,
      role,
      sample: timedAsync(get, sampleMs(effort)),
      answer: () => get(1),
    })),
};

/** Hits in Redis, so many of which are always under way. */
function redisHitsRow(inFlight: number, goal: number): Row {
  return {
    name: `redis-hits-${inFlight}`,
    title: `Redis hits, ${inFlight} in flight, each`,
    unit: "µs",
    baseline: "bentocache",
    goals: [{ against: "bentocache", atMost: 1 / goal }],
    rounds: ({ quick }) => (quick ? 9 : 51),
    open: (effort) =>
      openChats((name, role, get) => {
        const perLane = Math.ceil((effort.quick ? 1_000 : 4_000) / inFlight);
        return {
          name,
          role,
          async sample() {
            const startedAt = performance.now();
            const lane = async (_: unknown, first: number) => {
              for (let turn = 0; turn < perLane; turn++) await get(first + turn);
            };
            await Promise.all(Array.from({ length: inFlight }, lane));
            return ((performance.now() - startedAt) * 1_000) / (inFlight * perLane);
          },
          answer: () => Promise.all([get(1), get(2)]),
        };
      }),
  };
}

/** A batch whose vectors are all in Redis. */
const redisEmbeddingsRow: Row = {
  name: "redis-embeddings",
  title: `${inputs} embeddings of 1536 dimensions from Redis, each with its key`,
  unit: "µs",
  baseline: "ioredis GETs",
  goals: [{ against: "ioredis GETs", atMost: 0.75 }],
  rounds: ({ quick }) => (quick ? 9 : 51),
  async open(effort) {
    const server = await startRedis({ own: true });
    const client = new Redis(server.url);
    const backend = await connectRedis({ url: server.url, environment: {} });
    const cache = new Cache({ backend, namespace: "bench", ttl: "1h" });
    const { input, ...params } = embeddingParams(inputs, 1);
    const vectors = input.map((_, index) => vectorAt(index));
    const batch = { operation: "embedding", params, inputs: input };
    await cache.runMany(batch, () => vectors);
    await cache.flush();
    const keysOf = () => input.map((one) => referenceKey({ ...params, input: one }));
    await Promise.all(
      keysOf().map((key, index) => client.set(key, Buffer.from(vectors[index]?.buffer ?? new ArrayBuffer()))),
    );
    const competitors: readonly (readonly [string, Competitor["role"], () => Promise<readonly unknown[]>])[] = [
      ["llmcache", "ours", async () => (await cache.runMany(batch, notStored)).map(({ value }) => value)],
      [
        "ioredis GETs",
        "peer",
        async () => Promise.all(keysOf().map(async (key) => toVector(await client.getBuffer(key)))),
      ],
      ["ioredis MGET", "limit", async () => (await client.mgetBuffer(...keysOf())).map(toVector)],
    ];
    return {
      competitors: competitors.map(([name, role, getAll]) => ({
        name,
        role,
        sample: timedAsync(getAll, sampleMs(effort)),
        answer: getAll,
      })),
      async close() {
        await cache[Symbol.asyncDispose]();
        client.disconnect();
        await server.stop();
      },
    };
  },
};

/** A server, and whoever answers chat calls from it. */
async function openChats(
  compete: (name: string, role: Competitor["role"], get: (turn: number) => Promise<unknown>) => Competitor,
): Promise<Contest> {
  const server = await startRedis({ own: true });
  const [plain, theirs] = [new Redis(server.url), new Redis(server.url)];
  const backend = await connectRedis({ url: server.url, environment: {} });
  const cache = new Cache({ backend, namespace: "bench", ttl: "1h" });
  const bentocache = openBentocacheOnRedis(theirs);
  const requests = Array.from({ length: calls }, (_, index) => chatParams(512, index));
  const paramsAt = (turn: number) => requests[turn % calls] ?? {};
  for (const [index, params] of requests.entries()) {
    const answer = chatAnswer(index);
    await cache.put({ operation: "chat", params }, answer);
    await plain.set(referenceKey(params), JSON.stringify(answer));
    await bentocache.set({ key: referenceKey(params), ttl: "1h", value: answer });
  }
  await cache.flush();
  return {
    competitors: [
      compete("llmcache", "ours", async (turn) => {
        return (await cache.run({ operation: "chat", params: paramsAt(turn) }, notStored)).value;
      }),
      compete("bentocache", "peer", (turn) =>
        bentocache.getOrSet({ key: referenceKey(paramsAt(turn)), ttl: "1h", factory: notStored }),
      ),
      compete("ioredis GET + JSON.parse", "peer", async (turn) => {
        return JSON.parse((await plain.get(referenceKey(paramsAt(turn)))) ?? notStored()) as unknown;
      }),
    ],
    async close() {
      await cache[Symbol.asyncDispose]();
      await bentocache.disconnectAll();
      plain.disconnect();
      await server.stop();
    },
  };
}

/** A vector such as an embedding model gives. */
function vectorAt(seed: number): Float32Array {
  return Float32Array.from({ length: 1536 }, (_, place) => Math.sin(seed + place));
}

function notStored(): never {
  throw new Error("What was put is not there");
}

function toVector(stored: Buffer | null): Float32Array {
  if (stored === null) return notStored();
  return new Float32Array(stored.buffer.slice(stored.byteOffset, stored.byteOffset + stored.byteLength));
}

/** Hits in Redis, one at a time, many at once, and a batch of them. */
export const redisRows: readonly Row[] = [redisHitRow, redisHitsRow(16, 2), redisHitsRow(256, 2.2), redisEmbeddingsRow];
