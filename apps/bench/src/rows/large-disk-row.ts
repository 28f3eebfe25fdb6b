import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DiskBackend } from "@llmcache/disk";
import { chatAnswer } from "../data.ts";
import { diskStores, encodeAnswer } from "../peers/disk-stores.ts";
import type { Competitor, Row } from "../row.ts";
import { makeTemporaryFolder } from "../temporary-folder.ts";
import { keyAt } from "./disk-rows.ts";

const entries = 1_000_000;

/** Written at once: so much is in memory. */
const chunk = 5_000;

/** What a program waits for that starts on a disk cache which has become large. */
export const largeDiskRow: Row = {
  name: "large-disk",
  title: "open a disk cache of 1 000 000 entries and get one",
  unit: "ms",
  baseline: "raw node:sqlite",
  goals: [{ atMost: 10 }],
  large: true,
  rounds: () => 51,
  async open() {
    const folder = await makeTemporaryFolder();
    await fill(folder.path);
    const competitors = diskStores
      .filter(({ name }) => name === "llmcache" || name === "raw node:sqlite")
      .map(({ name, role, open }): Competitor => {
        let number = 0;
        const openAndGet = async (key: string) => {
          const startedAt = performance.now();
          const store = open(folder.path);
          const answer = await store.get(key);
          const elapsedMs = performance.now() - startedAt;
          await store.close();
          return { answer, elapsedMs };
        };
        return {
          name,
          role,
          sample: async () => (await openAndGet(keyAt((number += 7_919) % entries))).elapsedMs,
          answer: async () => (await openAndGet(keyAt(7))).answer,
        };
      });
    return { competitors, close: () => folder.remove() };
  },
};

async function fill(directory: string): Promise<void> {
  const values = Array.from({ length: 64 }, (_, index) => encodeAnswer(chatAnswer(index)));
  const valueAt = (number: number) => values[number % values.length] as Uint8Array;
  const backend = new DiskBackend({ directory: join(directory, "llmcache"), maxBytes: Infinity });
  // Made by the store itself, so that the table is the one that it reads.
  await diskStores
    .find(({ name }) => name === "raw node:sqlite")
    ?.open(directory)
    .close();
  const database = new DatabaseSync(join(directory, "raw.db"));
  const insert = database.prepare("INSERT INTO entries VALUES (?, ?)");
  for (let from = 0; from < entries; from += chunk) {
    const numbers = Array.from({ length: chunk }, (_, index) => from + index);
    database.exec("BEGIN");
    for (const number of numbers) insert.run(keyAt(number), valueAt(number));
    database.exec("COMMIT");
    await backend.putMany(numbers.map((number) => ({ key: keyAt(number), value: valueAt(number) })));
  }
  database.close();
  await backend[Symbol.asyncDispose]();
}
