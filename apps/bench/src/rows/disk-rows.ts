import { hash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { chatAnswer } from "../data.ts";
import { type DiskStore, diskStores } from "../peers/disk-stores.ts";
import type { Competitor, Contest, Row } from "../row.ts";
import { makeTemporaryFolder } from "../temporary-folder.ts";
import { sampleMs, timedAsync } from "../timed.ts";

/** How many puts are under way at once. */
const inFlight = 16;

/** Different keys that are written in turn, after which they are written over. */
const keysWritten = 8_192;

/** A hit on the disk, from the key to the decoded answer. */
export const diskGetRow: Row = {
  name: "disk-get",
  title: "disk get of a 2 KB answer",
  unit: "µs",
  baseline: "@keyv/sqlite",
  goals: [{ against: "@keyv/sqlite", atMost: 0.2 }],
  rounds: ({ quick }) => (quick ? 9 : 51),
  async open(effort) {
    const entries = effort.quick ? 500 : 5_000;
    return openStores(async (name, role, store) => {
      for (let from = 0; from < entries; from += 100) {
        await Promise.all(
          Array.from({ length: 100 }, (_, index) => store.put(keyAt(from + index), chatAnswer(from + index))),
        );
      }
      return {
        name,
        role,
        // A prime step reads in no order that the file has.
        sample: timedAsync((turn) => store.get(keyAt((turn * 7_919) % entries)), sampleMs(effort)),
        answer: () => store.get(keyAt(7)),
      };
    });
  },
};

/** Puts, as a busy process makes them. */
export const diskPutRow: Row = {
  name: "disk-put",
  title: `disk puts of 2 KB answers, ${inFlight} in flight`,
  unit: "µs",
  baseline: "raw node:sqlite",
  goals: [{ against: "raw node:sqlite", atMost: 1.2 }],
  rounds: ({ quick }) => (quick ? 9 : 51),
  async open(effort) {
    const answers = Array.from({ length: 64 }, (_, index) => chatAnswer(index));
    const entriesOf = (turn: number) =>
      Array.from({ length: inFlight }, (_, index) => {
        const number = turn * inFlight + index;
        return [keyAt(number % keysWritten), answers[number % answers.length]] as const;
      });
    const contest = await openStores(async (name, role, store, directory) => {
      if (name !== "raw node:sqlite") return putting(name, role, store, effort.quick, entriesOf);
      const together = join(directory, "together");
      await mkdir(together);
      const grouped = diskStores.find((kind) => kind.name === name)?.open(together) ?? store;
      const competitor = putting("raw node:sqlite, one commit for all", "limit", grouped, effort.quick, entriesOf);
      return [
        putting(name, role, store, effort.quick, entriesOf),
        { ...competitor, sample: timedAsync(async (turn) => grouped.putTogether?.(entriesOf(turn)), sampleMs(effort)) },
      ];
    });
    return contest;
  },
};

/** All stores of a row on one folder; what they are closed by. */
export async function openStores(
  compete: (
    name: string,
    role: Competitor["role"],
    store: DiskStore,
    directory: string,
  ) => Promise<Competitor | readonly Competitor[]>,
): Promise<Contest> {
  const folder = await makeTemporaryFolder();
  const stores = diskStores.map((kind) => ({ ...kind, store: kind.open(folder.path) }));
  const competitors: Competitor[] = [];
  for (const { name, role, store } of stores)
    competitors.push(...[await compete(name, role, store, folder.path)].flat());
  return {
    competitors,
    async close() {
      for (const { store } of stores) await store.close();
      await folder.remove();
    },
  };
}

/** A key in the form that core gives them. */
export function keyAt(number: number): string {
  return `bench/_/${hash("sha256", String(number), "hex")}`;
}

function putting(
  name: string,
  role: Competitor["role"],
  store: DiskStore,
  quick: boolean,
  entriesOf: (turn: number) => readonly (readonly [string, unknown])[],
): Competitor {
  const put = (turn: number) => Promise.all(entriesOf(turn).map(([key, answer]) => store.put(key, answer)));
  return {
    name,
    role,
    sample: timedAsync(put, sampleMs({ quick })),
    async answer() {
      await put(0);
      return Promise.all(entriesOf(0).map(([key]) => store.get(key)));
    },
  };
}
