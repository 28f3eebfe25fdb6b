// Fills one store and tells its parent what it takes beside the bytes of the answers.
import process from "node:process";
import { setImmediate } from "node:timers/promises";
import { chatAnswer } from "../data.ts";
import { memoryStores, textMap } from "../peers/memory-stores.ts";

export interface HeapTask {
  /** Which, by its name. */
  readonly store: string;
  readonly entries: number;
}

export interface HeapReport {
  /** On V8's heap and in what it keeps outside, for each entry, without the bytes of its JSON. */
  readonly bytesBeside: number;
}

process.once("message", (task: HeapTask) => void fill(task));
process.send?.("ready");

async function fill({ store: name, entries }: HeapTask): Promise<void> {
  const kind = [...memoryStores, textMap].find((candidate) => candidate.name === name);
  if (kind === undefined) throw new Error(`there is no store called ${name}`);
  const store = await kind.open(entries);
  // What the first entries bring along, code above all, is not theirs.
  for (let index = 0; index < 100; index++) await store.put({ warm: index }, chatAnswer(index));
  const before = await bytesInUse();
  let payload = 0;
  for (let index = 0; index < entries; index++) {
    const answer = chatAnswer(index);
    payload += JSON.stringify(answer).length;
    await store.put({ call: index }, answer);
  }
  const after = await bytesInUse();
  await store.get({ call: entries - 1 });
  process.send?.({ bytesBeside: (after - before - payload) / entries } satisfies HeapReport);
}

async function bytesInUse(): Promise<number> {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error("this needs --expose-gc");
  // Buffers go in the collection after the one that finds them unused.
  for (let time = 0; time < 3; time++) {
    gc();
    await setImmediate();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
