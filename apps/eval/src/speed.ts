// `pnpm eval:semantic --speed`: how long a decision takes besides the embedding.
import { analyse, type Candidate, decide, memorySemantic } from "@llmcache/semantic";
import { dimensions } from "./data.ts";
import { shuffle } from "./stream.ts";

export interface Speed {
  readonly entries: number;
  /** Milliseconds for reading the prompt, finding the ten nearest, and deciding among them. */
  readonly p50: number;
  readonly p99: number;
}

const questions = 1_000;

/** The first ones are compiled while they run. */
const warmUp = 300;

/** Decisions over vectors that lie in clusters, as prompts do, and prompts that are alike, so that every guard has work. */
export async function measureSpeed(entries: number, texts: readonly string[]): Promise<Speed> {
  const vectors = clusteredVectors(entries + questions + warmUp);
  const store = memorySemantic({ dimensions, maxBytes: 2 ** 30 });
  for (let index = 0; index < entries; index++) {
    await store.put(String(index), new Uint8Array(), { embedding: { scope: "speed", vector: vectors(index) } });
  }
  const features = texts.slice(0, 2_000).map((text) => analyse(text));
  const times: number[] = [];
  for (let index = entries; index < entries + questions + warmUp; index++) {
    const vector = vectors(index);
    const text = texts[index % texts.length] ?? "";
    const start = performance.now();
    const asked = analyse(text);
    const found = await store.nearest("speed", vector, { limit: 10, minScore: 0.5 });
    const candidates = found.flatMap(({ key, score }, at): Candidate[] => {
      const read = features[at];
      return read === undefined ? [] : [{ key, similarity: score, features: read }];
    });
    decide(asked, candidates);
    times.push(performance.now() - start);
  }
  const sorted = times.slice(warmUp).toSorted((left, right) => left - right);
  const at = (share: number) => sorted[Math.floor(share * sorted.length)] ?? Number.NaN;
  return { entries, p50: at(0.5), p99: at(0.99) };
}

/** 500 centres, and around each the same noise at different places. */
function clusteredVectors(count: number): (index: number) => Float32Array {
  const noise = shuffle(dimensions * 611, 5).map((value) => value / (dimensions * 611) - 0.5);
  const valueAt = (position: number) => noise[position % noise.length] ?? 0;
  return (index) => {
    const centre = (index % 500) * 389;
    const around = ((index * 7_919) % count) * 97;
    return Float32Array.from({ length: dimensions }, (_, at) => valueAt(centre + at) + 0.8 * valueAt(around + at * 3));
  };
}
