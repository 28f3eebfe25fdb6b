import { type Check, DoesNotApply } from "../check.ts";
import { describe, expectBytes, expectMissing, expectOneOf, rejectionOf } from "../expect.ts";
import { filledBytes, framedBytes, lengthUpTo, noiseBytes, textBytes } from "../sample-bytes.ts";

/** A larger limit is no limit that the suite could afford to try over a network. */
const largestTried = 32 * 1024 * 1024;

/** Bytes that something on the way may want to change: what looks like text, or compressed, or has zeros at its end. */
const delicateValues = (): Readonly<Record<string, Uint8Array>> => ({
  "all 256 bytes": Uint8Array.from({ length: 256 }, (_, index) => index),
  "a byte order mark": Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d),
  "what is not UTF-8": Uint8Array.of(0xc3, 0x28, 0xed, 0xa0, 0x80, 0xff, 0xfe),
  "zeros around": Uint8Array.of(0, 0, 1, 0, 0),
  "a single zero": Uint8Array.of(0),
  "line ends": textBytes("\r\n a\n b\r c \r\n"),
  "JSON with Unicode": textBytes(JSON.stringify({ text: "Grüße, 你好, 👩‍👩‍👧, e\u0301, \u2028, \u0000" })),
  "the beginning of gzip": Uint8Array.of(0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 3, 0x4b),
  "the beginning of zstd": Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x24, 0x01),
});

/** That what is read is what was written, to the byte, and nobody else's to change. */
export const valueChecks: readonly Check[] = [
  {
    name: "resolves to undefined for a key that was never written",
    async run({ backend, key }) {
      expectMissing(await backend.get(key("never-written")), "get of a key that was never written");
    },
  },
  {
    name: "keeps the empty value, and tells it from a missing one",
    async run({ backend, key }) {
      await backend.put(key("empty"), new Uint8Array());
      expectBytes(await backend.get(key("empty")), new Uint8Array(), "get of the empty value");
      await backend.put(key("emptied"), textBytes("full"));
      await backend.put(key("emptied"), new Uint8Array());
      expectBytes(await backend.get(key("emptied")), new Uint8Array(), "get of a value overwritten by the empty one");
    },
  },
  {
    name: "keeps bytes exactly, whatever they look like",
    async run({ backend, key }) {
      for (const [name, value] of Object.entries(delicateValues())) {
        await backend.put(key("exact"), value);
        expectBytes(await backend.get(key("exact")), value, `get of ${name}`);
      }
    },
  },
  {
    name: "keeps bytes exactly when they begin like an entry of core",
    async run({ backend, key }) {
      const hour = 3_600_000;
      const text = textBytes("\u0000rest of an entry ".repeat(40));
      const fresh = framedBytes({ version: 1, staleUntil: Date.now() + hour }, text);
      const values = {
        "a fresh entry": fresh,
        "an expired entry": framedBytes({ version: 1, staleUntil: Date.now() - hour }, text),
        "an entry of a version to come": framedBytes({ version: 200, staleUntil: Date.now() + hour }, text),
        "an entry with an unknown codec": framedBytes(
          { version: 1, staleUntil: Date.now() + hour },
          filledBytes(300, 0xc8),
        ),
        "an entry whose times are no numbers": framedBytes({ version: 1, staleUntil: Number.NaN }, text),
        "a frame alone": fresh.slice(0, 32),
        "half a frame": fresh.slice(0, 20),
        "a magic alone": fresh.slice(0, 7),
      };
      for (const [name, value] of Object.entries(values)) {
        await backend.put(key("framed"), value);
        expectBytes(await backend.get(key("framed")), value, `get of ${name}`);
      }
    },
  },
  {
    name: "keeps a mebibyte",
    async run({ backend, key }) {
      const value = noiseBytes(lengthUpTo(1024 * 1024, backend), 1);
      await backend.put(key("mebibyte"), value);
      expectBytes(await backend.get(key("mebibyte")), value, "get of a large value");
    },
  },
  {
    name: "keeps a value of exactly maxValueBytes",
    async run({ backend, key }) {
      const value = noiseBytes(limitOf(backend.maxValueBytes), 2);
      await backend.put(key("largest"), value);
      expectBytes(await backend.get(key("largest")), value, "get of the largest value");
    },
  },
  {
    name: "refuses a value of one byte more than maxValueBytes, and has the old one or nothing",
    async run({ backend, key }) {
      const tooLarge = filledBytes(limitOf(backend.maxValueBytes) + 1, 1);
      const old = textBytes("old");
      const at = key("refused");
      const { swap, putMany } = backend;
      const writes = {
        put: () => backend.put(at, tooLarge),
        ...(swap && { swap: () => swap.call(backend, at, old, tooLarge) }),
        ...(putMany && { putMany: () => putMany.call(backend, [{ key: at, value: tooLarge }]) }),
      };
      for (const [name, write] of Object.entries(writes)) {
        await backend.put(at, old);
        await rejectionOf(`${name} of ${describe(tooLarge)}`, write);
        // Memcached, for one, forgets the old value on purpose: it is no longer what was last written.
        expectOneOf(await backend.get(at), [old, undefined], `get after a refused ${name}`);
      }
    },
  },
  {
    name: "keeps only what a view shows of its buffer",
    async run({ backend, key }) {
      const buffer = noiseBytes(4096, 3);
      for (const view of [
        buffer.subarray(100, 200),
        buffer.subarray(0, 10),
        buffer.subarray(4000),
        buffer.subarray(7, 7),
      ]) {
        await backend.put(key("view"), view);
        expectBytes(await backend.get(key("view")), view.slice(), "get of a value that was a view of a larger buffer");
      }
    },
  },
  {
    name: "hands out bytes that the caller may change",
    async run({ backend, key }) {
      const value = noiseBytes(1000, 4);
      await backend.put(key("owned"), value);
      const first = await backend.get(key("owned"));
      expectBytes(first, value, "the first get");
      first?.fill(0);
      expectBytes(await backend.get(key("owned")), value, "get after the bytes of an earlier get were changed");
    },
  },
  {
    name: "keeps its own copy of the bytes, once put has settled",
    async run({ backend, key }) {
      const value = noiseBytes(1000, 5);
      const given = value.slice();
      await backend.put(key("copied"), given);
      given.fill(0);
      expectBytes(await backend.get(key("copied")), value, "get after the bytes given to put were changed");
    },
  },
  {
    name: "leaves the bytes that it is given as they are",
    async run({ backend, key }) {
      const value = noiseBytes(1000, 6);
      const given = value.slice();
      await backend.put(key("borrowed"), given);
      expectBytes(given, value, "the bytes given to put");
    },
  },
  {
    name: "keeps the last of several values",
    async run({ backend, key }) {
      for (let time = 0; time < 5; time++) {
        await backend.put(key("rewritten"), textBytes(`value ${time}`));
        expectBytes(await backend.get(key("rewritten")), textBytes(`value ${time}`), `get after write ${time + 1}`);
      }
    },
  },
  {
    name: "keeps nothing of a longer value that a shorter one overwrites",
    async run({ backend, key }) {
      await backend.put(key("shortened"), noiseBytes(lengthUpTo(100_000, backend), 7));
      await backend.put(key("shortened"), textBytes("short"));
      expectBytes(await backend.get(key("shortened")), textBytes("short"), "get of a value that was longer before");
    },
  },
  {
    name: "forgets what is deleted, and takes it again",
    async run({ backend, key }) {
      await backend.put(key("deleted"), textBytes("first"));
      await backend.delete(key("deleted"));
      expectMissing(await backend.get(key("deleted")), "get after delete");
      await backend.put(key("deleted"), textBytes("second"));
      expectBytes(await backend.get(key("deleted")), textBytes("second"), "get of what was put again after delete");
    },
  },
  {
    name: "deletes a key that is not there without complaint",
    async run({ backend, key }) {
      await backend.delete(key("never-written"));
      await backend.put(key("gone"), textBytes("soon gone"));
      await backend.delete(key("gone"));
      await backend.delete(key("gone"));
      expectMissing(await backend.get(key("gone")), "get of a key that was deleted twice");
    },
  },
];

function limitOf(maxValueBytes: number | undefined): number {
  if (maxValueBytes === undefined) throw new DoesNotApply("the backend has no maxValueBytes");
  if (maxValueBytes > largestTried) {
    throw new DoesNotApply(`maxValueBytes is more than the ${largestTried} bytes that are tried`);
  }
  return maxValueBytes;
}
