import { type Check, having } from "../check.ts";
import { expect, expectBytes, expectMissing } from "../expect.ts";
import { keysOf } from "../operations.ts";
import { textBytes } from "../sample-bytes.ts";
import { raceWriters, readWhileWriting } from "./races.ts";

/** That two handles on one store, as two processes have them, see the same store. */
export const handleChecks: readonly Check[] = [
  {
    name: "shows another handle at once what was written, overwritten and deleted",
    async run({ backend, reopen, key }) {
      const other = await reopen();
      expectMissing(await other.get(key("shared")), "get by the other handle before the first write");
      for (const text of ["first", "second"]) {
        await backend.put(key("shared"), textBytes(text));
        expectBytes(await other.get(key("shared")), textBytes(text), `get by the other handle after the ${text} write`);
      }
      await other.put(key("shared"), textBytes("third"));
      expectBytes(await backend.get(key("shared")), textBytes("third"), "get after the other handle wrote");
      await backend.delete(key("shared"));
      expectMissing(await other.get(key("shared")), "get by the other handle after a delete");
    },
  },
  {
    name: "lists what another handle wrote",
    async run({ backend, reopen, key }) {
      const store = having(backend, "list");
      const other = await reopen();
      await other.put(key("elsewhere"), textBytes("x"));
      const keys = await keysOf(store.list(key("")));
      expect(keys.includes(key("elsewhere")), "list: expected the key that the other handle wrote");
    },
  },
  {
    name: "leaves one whole value when writers race through two handles",
    run: async ({ backend, reopen, key }) => raceWriters([backend, await reopen()], key),
  },
  {
    name: "shows another handle the old value or the new one while it is overwritten",
    run: async ({ backend, reopen, key }) => readWhileWriting(backend, await reopen(), key("read")),
  },
  {
    name: "goes on working after another handle was disposed of",
    async run({ backend, reopen, key }) {
      const other = having(await reopen(), Symbol.asyncDispose);
      await other.put(key("left"), textBytes("left behind"));
      await other[Symbol.asyncDispose]();
      expectBytes(await backend.get(key("left")), textBytes("left behind"), "get of what a disposed handle wrote");
      await backend.put(key("after"), textBytes("after"));
      expectBytes(
        await backend.get(key("after")),
        textBytes("after"),
        "get of what was written after the other handle was disposed of",
      );
    },
  },
];
