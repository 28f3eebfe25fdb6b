import type { Backend } from "@llmcache/core";
import type { Check } from "../check.ts";
import { expectBytes, expectOneOf } from "../expect.ts";
import { filledBytes, lengthUpTo, textBytes } from "../sample-bytes.ts";
import { sleep } from "../timing.ts";
import { forEachOf } from "../for-each-of.ts";

/** Several lengths, so that a mix of two values shows in the length as well as in the bytes. */
const lengths = [1, 100_000, 10, 1_000, 65_536, 100_000, 0, 200_000];

/** That operations which run at the same time see and leave whole values. */
export const raceChecks: readonly Check[] = [
  {
    name: "leaves one whole value when writers race for a key",
    run: ({ backend, key }) => raceWriters([backend], key),
  },
  {
    name: "shows readers the old value or the new one while it is overwritten, never a part or nothing",
    run: ({ backend, key }) => readWhileWriting(backend, backend, key("read")),
  },
  {
    name: "leaves a whole value or none when writers race with deletes",
    async run({ backend, key }) {
      const values = racingValues(backend);
      for (let round = 0; round < 3; round++) {
        const at = key(`deleted/${round}`);
        await Promise.all(values.flatMap((value) => [backend.put(at, value), backend.delete(at)]));
        expectOneOf(await backend.get(at), [...values, undefined], "get after writers raced with deletes");
      }
    },
  },
  {
    name: "keeps 500 entries that are written and read at once apart",
    async run({ backend, key }) {
      const keys = Array.from({ length: 500 }, (_, index) => key(`at-once/${index}`));
      // All at the same time, not some at a time: a client must queue what it cannot send.
      await forEachOf(
        keys,
        async (at) => {
          await backend.put(at, textBytes(at));
          expectBytes(await backend.get(at), textBytes(at), `get of ${at} among 500 others`);
        },
        keys.length,
      );
    },
  },
];

/** Lets the handles write one key at the same time, several times, and sees that one of their values is left. */
export async function raceWriters(handles: readonly Backend[], key: (name: string) => string): Promise<void> {
  for (let round = 0; round < 3; round++) {
    const at = key(`raced/${round}`);
    const writers = handles.flatMap((handle) => racingValues(handle).map((value) => ({ handle, value })));
    await Promise.all(writers.map(({ handle, value }) => handle.put(at, value)));
    for (const handle of handles) {
      expectOneOf(
        await handle.get(at),
        writers.map(({ value }) => value),
        "get after writers raced",
      );
    }
  }
}

/** Reads a key all the time while it is overwritten. */
export async function readWhileWriting(writer: Backend, reader: Backend, at: string): Promise<void> {
  const values = racingValues(writer);
  await writer.put(at, values[0] ?? new Uint8Array());
  let writing = true;
  const read = async () => {
    while (writing) {
      expectOneOf(await reader.get(at), values, "get while the key is overwritten");
      // A store that answers in microtasks would never let the writer's timers and sockets have their turn.
      await sleep(0);
    }
  };
  const write = async () => {
    try {
      for (let round = 0; round < 3; round++) for (const value of values) await writer.put(at, value);
    } finally {
      writing = false;
    }
  };
  await Promise.all([write(), read(), read()]);
}

function racingValues(backend: Backend): readonly Uint8Array[] {
  return lengths.map((length, index) => filledBytes(lengthUpTo(length, backend), index + 1));
}
