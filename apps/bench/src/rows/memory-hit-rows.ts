import { chatAnswer, chatParams } from "../data.ts";
import { answerOf, memoryStores, plainMap } from "../peers/memory-stores.ts";
import type { Row } from "../row.ts";
import { sampleMs, timedAsync } from "../timed.ts";

/** Different calls that take turns. */
const calls = 64;

/** A hit in memory from the call to an answer that the caller may change. */
export const memoryHitRows: readonly Row[] = [memoryHitRow("0.5", 512, 0.55), memoryHitRow("5", 5_000, 0.78)];

function memoryHitRow(size: string, bytes: number, goal: number): Row {
  return {
    name: `memory-hit-${size}k`,
    title: `memory hit with its key, a copy of its own, ${size} KB request`,
    unit: "µs",
    baseline: "bentocache",
    goals: [
      { against: "bentocache", atMost: goal },
      // A request of 5 KB is mostly its key, which costs every one of them the same.
      ...(bytes < 1_000
        ? ["keyv", "cacheable", "cache-manager + structuredClone"].map((against) => ({ against, atMost: 0.22 }))
        : []),
    ],
    rounds: ({ quick }) => (quick ? 9 : 51),
    async open(effort) {
      const requests = Array.from({ length: calls }, (_, index) => chatParams(bytes, index));
      const competitors = [...memoryStores, plainMap].map(async ({ name, role, open }) => {
        const store = await open(calls);
        for (const [index, params] of requests.entries()) await store.put(params, chatAnswer(index));
        return {
          name,
          role,
          sample: timedAsync((turn) => store.get(requests[turn % calls]), sampleMs(effort)),
          answer: async () => {
            const answer = async () => answerOf(store, await store.get(requests[1]));
            const [first, second] = [await answer(), await answer()];
            return { value: first, private: first !== second };
          },
        };
      });
      return { competitors: await Promise.all(competitors) };
    },
  };
}
