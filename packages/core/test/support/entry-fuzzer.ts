import { type Content, decodeContent, encodeContent, encodeRecording } from "../../src/content.ts";
import { decodeEntry, encodeEntry } from "../../src/entry.ts";
import { crc32 } from "../../src/hash.ts";
import type { Call } from "../../src/index.ts";
import type { Random } from "./seeded.ts";

/** What a cache stored for a call. */
export interface Sample {
  readonly call: Call;
  readonly key: string;
  readonly digest: string;
  readonly value: unknown;
  readonly bytes: Uint8Array;
}

const oddTimes = [
  0,
  -0,
  1,
  -1,
  NaN,
  Infinity,
  -Infinity,
  1e300,
  -1e300,
  5e-324,
  1_700_000_000_000,
  Number.MAX_SAFE_INTEGER,
] as const;
const metadata = [
  "",
  "{}",
  "null",
  "7",
  "[]",
  '"x"',
  "{",
  "{}{}",
  '{"tags":null}',
  '{"tags":[]}',
  '{"tags":{}}',
  '{"tags":{"a":1}}',
  '{"tags":{"a":"b"}}',
  '{"tags":{"__proto__":"b"}}',
  '{"call":null}',
  '{"call":{"operation":7}}',
  '{"__proto__":{"tags":{"a":"b"}}}',
  '{"tags":"ab"}',
  "\ud800",
] as const;

/** Values of every kind of content. */
const values: readonly unknown[] = [
  { text: "answer ".repeat(40), usage: { total: 7 } },
  "",
  new Uint8Array([0, 255, 7]),
  Float32Array.of(0.5, -1, NaN),
  { "": 1, '"': 2, "\\": [null, false, { "\n": 0 }] },
  ["a", "b"],
  "x".repeat(3000),
  null,
];

/** Entries of every kind, and ways to change them. */
export function entryFuzzer() {
  const contents: Content[] = [
    ...values.map((value) => encodeContent(value)),
    encodeRecording(values.slice(0, 5).map((value, index) => ({ offset: index * 1.5, content: encodeContent(value) }))),
    encodeRecording([]),
  ];
  const entries = contents.flatMap((content, index) => {
    const digest = (index + 16).toString(16).padStart(64, "0123456789abcdef");
    const freshness = { createdAt: 1e12, freshUntil: 2e12, staleUntil: index % 2 === 0 ? Infinity : 3e12 };
    const tagged = {
      tags: { "default/-unscoped/_tag/a": "07".repeat(16) },
      call: { operation: "chat", params: { index } },
    };
    return [{}, tagged].map((rest) => ({ digest, bytes: encodeEntry({ ...freshness, digest, content, ...rest }) }));
  });

  return {
    values,
    /** An entry after some accidents, and all that were stored under its key. */
    broken(random: Random) {
      const { digest, bytes } = random.pick(entries);
      const originals = entries.filter((entry) => entry.digest === digest).map((entry) => entry.bytes);
      return { digest, originals, changed: changed(bytes, entries, random) };
    },
    /** An entry that somebody wrote who knows the format, and has no sense. */
    forged(random: Random) {
      const { digest, bytes } = random.pick(entries);
      return { digest, changed: forged(bytes, random) };
    },
    change: changed,
    forge: forged,
    /** What the bytes say, where they are an entry at all: whoever can write a right checksum can write an answer. */
    meaningOf(bytes: Uint8Array, digest: string): unknown[] {
      try {
        return [decodeContent(decodeEntry(bytes, digest).content)];
      } catch {
        return [];
      }
    },
  };
}

function changed(bytes: Uint8Array, others: readonly { readonly bytes: Uint8Array }[], random: Random): Uint8Array {
  let result = new Uint8Array(bytes);
  for (let times = 1 + random.below(3); times > 0; times--) {
    const at = random.below(result.length + 1);
    const other = random.pick(others).bytes;
    const way = random.below(6);
    if (way === 0 && result.length > at) result[at] = (result[at] ?? 0) ^ (1 << random.below(8));
    if (way === 1) result = result.slice(0, at);
    if (way === 2) result = join(result.subarray(0, at), other.subarray(random.below(other.length)));
    if (way === 3)
      result = join(result.subarray(0, at), random.bytes(random.below(9)), result.subarray(at + random.below(9)));
    if (way === 4 && result.length >= 44)
      new DataView(result.buffer).setUint32(random.pick([36, 40]), random.below(2 ** 32));
    if (way === 5 && result.length >= 32)
      new DataView(result.buffer).setFloat64(random.pick([8, 16, 24]), random.pick(oddTimes));
  }
  return result;
}

/** Some members are others, then the checksum is made right. */
function forged(bytes: Uint8Array, random: Random): Uint8Array {
  let result = new Uint8Array(bytes);
  if (result.length < 76) return result;
  const view = () => new DataView(result.buffer);
  const bodyAt = () => 76 + view().getUint32(40);
  for (let count = 1 + random.below(2); count > 0; count--) {
    const way = random.below(7);
    if (way === 0) view().setFloat64(random.pick([8, 16, 24]), random.pick(oddTimes));
    if (way === 1) result[33] = random.below(7);
    if (way === 2) view().setUint32(40, random.pick([random.below(200), random.below(2 ** 32), 2 ** 32 - 1]));
    if (way === 3 && bodyAt() <= result.length) {
      const text = new TextEncoder().encode(random.pick(metadata));
      const body = result.slice(bodyAt());
      result = join(result.subarray(0, 76), text, body);
      view().setUint32(40, text.length);
    }
    if (way === 4 && bodyAt() < result.length) {
      const at = bodyAt() + random.below(result.length - bodyAt());
      result[at] = random.below(256);
    }
    // The lengths and kinds of a recording's chunks.
    if (way === 5 && bodyAt() + 13 <= result.length)
      view().setUint32(bodyAt() + 9, random.pick([0, random.below(99), 2 ** 32 - 1]));
    if (way === 6 && bodyAt() + 13 <= result.length) result[bodyAt() + 8] = random.below(7);
  }
  view().setUint32(36, crc32(result.subarray(40), crc32(result.subarray(0, 36))));
  return result;
}

function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts));
}
