import { analyse, type Candidate, clopperPearson, type Features, memorySemantic } from "@llmcache/semantic";
import { dimensions, type LabelledPrompts } from "./data.ts";
import type { Policy } from "./policies.ts";

export interface StreamResult {
  readonly requests: number;
  readonly hits: number;
  readonly wrong: number;
  /** Of all requests. */
  readonly hitRate: number;
  readonly errorRate: number;
  readonly errorInterval: readonly [lower: number, upper: number];
  /** The error so far, after each hundredth request. */
  readonly runningError: readonly number[];
}

/** Everything about the prompts that does not depend on the policy, read once. */
export interface PreparedPrompts extends LabelledPrompts {
  readonly features: readonly Features[];
}

const empty = new Uint8Array();

export function prepare(prompts: LabelledPrompts): PreparedPrompts {
  return { ...prompts, features: prompts.texts.map((text) => analyse(text)) };
}

/**
 * A stream of questions in random order, from an empty cache: each is answered from it or, on a miss, by the model, and then stored.
 * Wrong is an answer of another label. Prompts of one label are one group, as a judge without errors would find.
 */
export async function runStream(
  prompts: PreparedPrompts,
  policy: Policy,
  { requests, seed }: { readonly requests: number; readonly seed: number },
): Promise<StreamResult> {
  const order = shuffle(prompts.texts.length, seed).slice(0, requests);
  const store = memorySemantic({ dimensions, maxBytes: 2 ** 30 });
  let [hits, wrong] = [0, 0];
  const runningError: number[] = [];
  for (const [count, index] of order.entries()) {
    const vector = at(prompts.vectors, index);
    const label = at(prompts.labels, index);
    const found = await store.nearest("clinc", vector, { limit: 10, minScore: 0.3 });
    const candidates = found.map(({ key, score }): Candidate => {
      const stored = Number(key);
      const group = { id: at(prompts.labels, stored), size: 1, agreed: 0, disagreed: 0 };
      return { key, similarity: score, features: at(prompts.features, stored), group };
    });
    const served = policy(at(prompts.features, index), candidates);
    if (served === undefined) await store.put(String(index), empty, { embedding: { scope: "clinc", vector } });
    else {
      hits++;
      if (at(prompts.labels, Number(served.key)) !== label) wrong++;
    }
    if ((count + 1) % 100 === 0) runningError.push(wrong / (count + 1));
  }
  return {
    requests: order.length,
    hits,
    wrong,
    hitRate: hits / order.length,
    errorRate: wrong / order.length,
    errorInterval: clopperPearson(wrong, order.length),
    runningError,
  };
}

/** The numbers below `count` in an order that is the same for the same seed (Fisher and Yates, mulberry32). */
export function shuffle(count: number, seed: number): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  let state = seed;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [at(order, other), at(order, last)];
  }
  return order;
}

function at<Item>(items: readonly Item[], index: number): Item {
  const item = items[index];
  if (item === undefined) throw new RangeError(`there is no item ${index}`);
  return item;
}
