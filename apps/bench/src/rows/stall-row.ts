import { setImmediate as nextTurn } from "node:timers/promises";
import { chatAnswer } from "../data.ts";
import type { Row } from "../row.ts";
import { keyAt, openStores } from "./disk-rows.ts";

/** Puts under way at once, and different keys. */
const lanes = 16;
const keysWritten = 8_192;

/** For how long no other work got a turn, at worst, while a process writes as fast as it can. */
export const stallRow: Row = {
  name: "stall",
  title: "longest stall of the main thread while answers are put on disk",
  unit: "ms",
  baseline: "raw node:sqlite",
  goals: [{ atMost: 2 }],
  rounds: ({ quick }) => (quick ? 5 : 15),
  async open({ quick }) {
    const windowMs = quick ? 200 : 500;
    const answers = Array.from({ length: 64 }, (_, index) => chatAnswer(index));
    let next = 0;
    const putOne = (put: (key: string, answer: unknown) => Promise<unknown>) => {
      const number = next++;
      return put(keyAt(number % keysWritten), answers[number % answers.length]);
    };
    const contest = await openStores(async (name, role, store) => ({
      name,
      role,
      sample: () => longestStall(windowMs, () => putOne(store.put)),
      async answer() {
        await store.put(keyAt(1), answers[1]);
        return store.get(keyAt(1));
      },
    }));
    return {
      ...contest,
      competitors: [
        ...contest.competitors,
        {
          name: "control without a disk",
          role: "limit",
          sample: () => longestStall(windowMs, () => putOne(async (_key, answer) => JSON.stringify(answer))),
          answer: async () => answers[1],
        },
      ],
    };
  },
};

/** The longest time between two turns of the event loop while the lanes put, each its next one when the last is done. */
async function longestStall(windowMs: number, put: () => Promise<unknown>): Promise<number> {
  const until = performance.now() + windowMs;
  const lane = async () => {
    while (performance.now() < until) {
      await put();
      // What resolves at once would never give the loop its turn, and that is not what is asked.
      await nextTurn();
    }
  };
  const writing = Promise.all(Array.from({ length: lanes }, lane));
  let longest = 0;
  for (let last = performance.now(); last < until;) {
    await nextTurn();
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }
  await writing;
  return longest;
}
