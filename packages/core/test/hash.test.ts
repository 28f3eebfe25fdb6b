import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { crc32, crc32ByTable, encodeHex, sha256, sha256ByWebCrypto } from "../src/hash.ts";

const anyBytes = fc.uint8Array({ maxLength: 300 }).map((bytes) => new Uint8Array(bytes));

test("both ways to SHA-256 give the same digits as everyone's", async () => {
  await fc.assert(
    fc.asyncProperty(anyBytes, async (bytes) => {
      const digits = createHash("sha256").update(bytes).digest("hex");
      expect(await sha256(bytes)).toBe(digits);
      expect(await sha256ByWebCrypto(bytes)).toBe(digits);
    }),
  );
});

test.each([
  ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
])("SHA-256 of %j is what FIPS 180 says", async (text, digits) => {
  const bytes = new TextEncoder().encode(text);
  expect(await sha256(bytes)).toBe(digits);
  expect(await sha256ByWebCrypto(bytes)).toBe(digits);
});

test.each([
  ["native", sha256],
  ["WebCrypto", sha256ByWebCrypto],
])("%s hashing lets the caller reuse the bytes at once", async (_, hash) => {
  const bytes = new Uint8Array([1, 2, 3, 4]).subarray(1, 3);
  const digest = hash(bytes);
  bytes.fill(0);
  expect(await digest).toBe(
    createHash("sha256")
      .update(Buffer.from([2, 3]))
      .digest("hex"),
  );
});

test("both ways to CRC-32 agree, whole or in parts", () => {
  fc.assert(
    fc.property(anyBytes, fc.nat(300), (bytes, cut) => {
      const sum = crc32(bytes);
      expect(crc32ByTable(bytes)).toBe(sum);
      expect(sum).toBeGreaterThanOrEqual(0);
      for (const one of [crc32, crc32ByTable]) expect(one(bytes.subarray(cut), one(bytes.subarray(0, cut)))).toBe(sum);
    }),
  );
});

test("CRC-32 is the one of gzip", () => {
  const bytes = new TextEncoder().encode("123456789");
  expect([crc32(bytes), crc32ByTable(bytes), crc32ByTable(new Uint8Array())]).toEqual([0xcbf43926, 0xcbf43926, 0]);
});

test("bytes are two lower-case digits each", () => {
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      expect(encodeHex(bytes)).toBe(Buffer.from(bytes).toString("hex"));
    }),
  );
});
