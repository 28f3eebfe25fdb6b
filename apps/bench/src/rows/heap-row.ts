import { once } from "node:events";
import { answerOf, memoryStores, textMap } from "../peers/memory-stores.ts";
import { chatAnswer } from "../data.ts";
import { startProcess } from "../start-process.ts";
import type { HeapReport, HeapTask } from "../processes/fill-memory.ts";
import type { Row } from "../row.ts";

/** What a process has to keep beside the bytes of an answer. */
export const heapRow: Row = {
  name: "heap",
  title: "memory beside an entry of 2 KB",
  unit: "bytes",
  baseline: "bentocache",
  goals: [{ atMost: 200 }],
  warmUp: false,
  rounds: ({ quick }) => (quick ? 1 : 2),
  async open({ quick }) {
    const competitors = [...memoryStores.filter(({ name }) => name !== "lru-cache + structuredClone"), textMap];
    return {
      competitors: competitors.map((kind) => ({
        name: kind.name,
        role: kind.role,
        sample: () => bytesBeside({ store: kind.name, entries: quick ? 20_000 : 100_000 }),
        answer: async () => {
          const store = await kind.open(10);
          await store.put({ call: 1 }, chatAnswer(1));
          return answerOf(store, await store.get({ call: 1 }));
        },
      })),
    };
  },
};

/** In a process of its own, because what is freed and when is a matter of the whole heap. */
async function bytesBeside(task: HeapTask): Promise<number> {
  const child = await startProcess(new URL("../processes/fill-memory.ts", import.meta.url));
  const reported = once(child, "message");
  child.send(task);
  const [report] = (await reported) as [HeapReport];
  child.kill();
  return report.bytesBeside;
}
