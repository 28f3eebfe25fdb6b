import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Content, decodeContent, encodeContent, encodeRecording } from "../src/content.ts";
import { decodeEntry, encodeEntry, type Entry } from "../src/entry.ts";
import { isLlmCacheError } from "../src/errors.ts";
import { entryVersion, frameBytes, readFrame, writeFrame } from "../src/frame.ts";
import { crc32, encodeHex } from "../src/hash.ts";

const digest = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const times = { createdAt: 1_700_000_000_000, freshUntil: 1_700_000_060_000, staleUntil: Infinity };
const entryOf = (content: Content, rest: Partial<Entry> = {}): Entry => ({ ...times, digest, content, ...rest });
const bytes = encodeEntry(entryOf(encodeContent({ text: "Hi" }), { tags: { "default/-unscoped/_tag/a": "07" } }));

const frame = "894c4c4d430d0a014278bcfe568000004278bcfe652600007ff0000000000000";
const recording = encodeRecording(
  ["a", new Uint8Array([7])].map((value, index) => ({ offset: index * 1.5, content: encodeContent(value) })),
);

/** These never change within version 1: what a process stored yesterday is read tomorrow. */
const golden: readonly [string, Entry, string][] = [
  [
    "JSON",
    entryOf(encodeContent({ text: "Hi \ud83d\udc4b" })),
    "00000000ddbef33b0000000000112233445566778899aabbccddeeff00112233445566778899aabbccddeeff7b2274657874223a22486920f09f918b227d",
  ],
  [
    "bytes",
    entryOf(encodeContent(new Uint8Array([0, 255]))),
    "000100004c9052c20000000000112233445566778899aabbccddeeff00112233445566778899aabbccddeeff00ff",
  ],
  [
    "a vector",
    entryOf(encodeContent(new Float32Array([0.5, -1]))),
    "00020000016059290000000000112233445566778899aabbccddeeff00112233445566778899aabbccddeeff0000003f000080bf",
  ],
  [
    "a recording",
    entryOf(recording),
    "0003000031eca2370000000000112233445566778899aabbccddeeff00112233445566778899aabbccddeeff000000000000000000000000032261223ff8000000000000010000000107",
  ],
  [
    "a tagged entry",
    entryOf(encodeContent(null), { tags: { "n/s/_tag/t": "0a" } }),
    "00000000520e5ee00000001c00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff7b2274616773223a7b226e2f732f5f7461672f74223a223061227d7d6e756c6c",
  ],
  [
    "an entry that is found by meaning",
    entryOf(encodeContent(null), { prompt: "Hi?", scopeDigest: digest }),
    "00000000079d3c130000006100112233445566778899aabbccddeeff00112233445566778899aabbccddeeff7b2270726f6d7074223a2248693f222c2273636f7065446967657374223a2230303131323233333434353536363737383839396161626263636464656566663030313132323333343435353636373738383939616162626363646465656666227d6e756c6c",
  ],
];

test.each(golden)("the bytes of %s are the golden ones", (_, entry, rest) => {
  expect(encodeHex(encodeEntry(entry))).toBe(frame + rest);
  expect(decodeEntry(new Uint8Array(Buffer.from(frame + rest, "hex")), digest)).toEqual(entry);
});

const anyContent: fc.Arbitrary<Content> = fc.oneof(
  fc.json().map((text) => encodeContent(JSON.parse(text))),
  fc.uint8Array().map(encodeContent),
  fc.float32Array().map(encodeContent),
  fc
    .array(fc.record({ offset: fc.double({ min: 0, noNaN: true }), content: fc.string().map(encodeContent) }))
    .map(encodeRecording),
);
const anyEntry: fc.Arbitrary<Entry> = fc
  .record({
    digest: fc.uint8Array({ minLength: 32, maxLength: 32 }).map(encodeHex),
    content: anyContent,
    tags: fc.option(fc.dictionary(fc.string(), fc.string()), { nil: undefined }),
    prompt: fc.option(fc.string({ unit: "binary" }), { nil: undefined }),
    createdAt: fc.nat(),
    fresh: fc.oneof(fc.double({ min: 0, noNaN: true }), fc.constant(Infinity)),
    stale: fc.oneof(fc.double({ min: 0, noNaN: true }), fc.constant(Infinity)),
  })
  .map(({ tags, prompt, createdAt, fresh, stale, ...rest }) => ({
    ...rest,
    ...(tags && { tags }),
    ...(prompt !== undefined && { prompt, scopeDigest: digest }),
    createdAt,
    freshUntil: createdAt + fresh,
    staleUntil: createdAt + fresh + stale,
  }));

test("an entry comes back as it was, also from the middle of a buffer", () => {
  fc.assert(
    fc.property(anyEntry, fc.nat(9), (entry, offset) => {
      const encoded = encodeEntry(entry);
      const within = new Uint8Array(encoded.length + offset + 5);
      within.set(encoded, offset);
      expect(decodeEntry(within.subarray(offset, offset + encoded.length), entry.digest)).toEqual(entry);
    }),
  );
});

test("the empty values are entries like any other", () => {
  for (const value of ["", null, 0, false, [], {}, new Uint8Array(), new Float32Array()]) {
    const { content } = decodeEntry(encodeEntry(entryOf(encodeContent(value))), digest);
    expect(decodeContent(content)).toStrictEqual(value);
  }
});

function codeOf(decode: () => unknown): string | undefined {
  try {
    decode();
    return undefined;
  } catch (error) {
    return isLlmCacheError(error) ? error.code : `no error of ours: ${String(error)}`;
  }
}

describe("bytes that were changed are never taken for an entry:", () => {
  const refused = expect.stringMatching(/^(CORRUPT|UNREADABLE)_ENTRY$/) as unknown;

  test("one flipped bit, anywhere", () => {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Uint8Array.from(bytes, (byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      expect(codeOf(() => decodeEntry(flipped, digest))).toEqual(refused);
    }
  });

  test("a beginning of any length", () => {
    for (let length = 0; length < bytes.length; length++)
      expect(codeOf(() => decodeEntry(bytes.subarray(0, length), digest))).toBe("CORRUPT_ENTRY");
  });

  test("any byte more", () => {
    for (let byte = 0; byte < 256; byte++)
      expect(codeOf(() => decodeEntry(new Uint8Array([...bytes, byte]), digest))).toBe("CORRUPT_ENTRY");
  });

  test("any other change of any entry", () => {
    const change = fc.record({ at: fc.nat(), length: fc.nat(8), by: fc.uint8Array({ maxLength: 8 }) });
    fc.assert(
      fc.property(anyEntry, change, (entry, { at, length, by }) => {
        const original = encodeEntry(entry);
        const start = at % (original.length + 1);
        const changed = Buffer.concat([original.subarray(0, start), by, original.subarray(start + length)]);
        fc.pre(!changed.equals(original));
        expect(codeOf(() => decodeEntry(changed, entry.digest))).toEqual(refused);
      }),
      { numRuns: 1000 },
    );
  });

  test("random bytes, also after a frame", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (random, framed) => {
        const given = framed ? Buffer.concat([bytes.subarray(0, frameBytes), random]) : random;
        expect(codeOf(() => decodeEntry(given))).toEqual(refused);
      }),
      { numRuns: 1000 },
    );
  });
});

/** The entry with some bytes replaced and its checksum made right again, as another program would write it. */
function rewritten(changes: Readonly<Record<number, number>>, source: Uint8Array = bytes): Uint8Array {
  const result = Uint8Array.from(source, (byte, index) => changes[index] ?? byte);
  const sum = crc32(result.subarray(40), crc32(result.subarray(0, 36)));
  new DataView(result.buffer).setUint32(36, sum);
  return result;
}

test("a right checksum makes the same entry", () => {
  expect(rewritten({})).toEqual(bytes);
});

test.each<[string, Uint8Array]>([
  ["a newer version", rewritten({ 7: 2 })],
  ["the newest version", rewritten({ 7: 255 })],
  ["a newer version of a frame alone", rewritten({ 7: 2 }).subarray(0, frameBytes)],
  ["another codec", rewritten({ 32: 1 })],
  ["a content of a kind to come", rewritten({ 33: 5 })],
])("%s is left alone, because another process can read it", (_, given) => {
  expect(codeOf(() => decodeEntry(given, digest))).toBe("UNREADABLE_ENTRY");
});

const withMetadata = (metadata: string): Uint8Array => {
  const body = encodeEntry(entryOf(encodeContent(metadata)));
  // The body is the metadata as a JSON string; its quotation marks are left out.
  const unquoted = Buffer.concat([body.subarray(0, 76), Buffer.from(metadata), Buffer.from("null")]);
  return rewritten({ 43: metadata.length }, unquoted);
};

test("metadata of a kind to come is ignored", () => {
  expect(decodeEntry(withMetadata('{"later":1}'), digest)).toEqual(entryOf(encodeContent(null)));
});

test.each<[string, Uint8Array]>([
  ["version 0", rewritten({ 7: 0 })],
  ["metadata longer than the entry", rewritten({ 40: 1 })],
  ["metadata that reaches past the end", rewritten({ 43: 3 }, encodeEntry(entryOf(encodeContent({}))))],
  ["metadata that is no JSON", withMetadata("{")],
  ["metadata that is null", withMetadata("null")],
  ["tags that are none", withMetadata('{"tags":7}')],
  ["tags in a list", withMetadata('{"tags":["07"]}')],
  ["a tag without a generation", withMetadata('{"tags":{"a":null}}')],
  ["a prompt that is none", withMetadata('{"prompt":7}')],
  ["a scope that is none", withMetadata('{"scopeDigest":{}}')],
  ["a creation that is no time", rewritten({ 8: 0x7f, 9: 0xf8 })],
  ["a freshness that ends before it begins", rewritten({ 16: 0 })],
  ["a freshness that is no number", rewritten({ 16: 0x7f, 17: 0xf8 })],
  ["an entry that is dropped before it is stale", rewritten({ 24: 0 })],
])("%s is corrupt, whatever the checksum says", (_, given) => {
  expect(codeOf(() => decodeEntry(given, digest))).toBe("CORRUPT_ENTRY");
});

test("the entry of another key is corrupt, for whoever asks for a key", () => {
  expect(codeOf(() => decodeEntry(bytes, digest.replace("0", "1")))).toBe("CORRUPT_ENTRY");
  expect(decodeEntry(bytes).digest).toBe(digest);
});

test("an error says nothing of what the entry holds", () => {
  const broken = withMetadata('{"secret-4711"');
  expect(() => decodeEntry(broken, digest)).toThrow("the entry's metadata is malformed");
});

describe("the frame", () => {
  test("can be read from the beginning of an entry alone", () => {
    expect(readFrame(bytes.subarray(0, frameBytes))).toEqual({ version: entryVersion, ...times });
  });

  test("is written in its place, also in the middle of a buffer", () => {
    const buffer = new Uint8Array(frameBytes + 8).fill(0xee);
    writeFrame(buffer.subarray(4), times);
    expect(encodeHex(buffer)).toBe(`eeeeeeee${frame}eeeeeeee`);
    expect(readFrame(buffer.subarray(4))).toEqual({ version: entryVersion, ...times });
  });

  test("is not seen in bytes that have none", () => {
    expect(readFrame(new Uint8Array())).toBeUndefined();
    expect(readFrame(bytes.subarray(0, frameBytes - 1))).toBeUndefined();
    for (let index = 0; index < 7; index++) {
      expect(readFrame(Uint8Array.from(bytes, (byte, at) => (at === index ? byte ^ 0x20 : byte)))).toBeUndefined();
    }
  });
});
