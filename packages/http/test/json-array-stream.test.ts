import fc from "fast-check";
import { expect, test } from "vitest";
import { elementIn, joinElements, parseElements, splitElements } from "../src/json-array-stream.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

async function split(bytes: Uint8Array, places: readonly number[]): Promise<string[]> {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1))), bytes.length].toSorted(
    (left, right) => left - right,
  );
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const [index, end] of ends.entries()) controller.enqueue(bytes.subarray(ends[index - 1] ?? 0, end));
      controller.close();
    },
  });
  const pieces: string[] = [];
  for await (const piece of splitElements(body)) pieces.push(decoder.decode(piece));
  return pieces;
}

const elements = fc.array(fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue({ maxDepth: 3 })), {
  maxLength: 4,
});
const space = fc.constantFrom("", " ", "\n", "\r\n  ");
const places = fc.array(fc.nat(), { maxLength: 12 });

test("however the network cuts an array, a piece is one element, and the pieces are the array", async () => {
  await fc.assert(
    fc.asyncProperty(elements, space, places, async (values, gap, cuts) => {
      const texts = values.map((value) => JSON.stringify(value));
      const array = `${gap}[${gap}${texts.join(`${gap},${gap}`)}${gap}]${gap}`;
      const pieces = await split(encoder.encode(array), cuts);
      expect(pieces.join("")).toBe(array);
      expect(pieces.map(elementIn)).toEqual([...texts, ""]);
      expect(parseElements(array)).toEqual(texts);
    }),
  );
});

test("elements that are joined are an array, in the pieces that it is split into", async () => {
  await fc.assert(
    fc.asyncProperty(elements, async (values) => {
      const texts = values.map((value) => JSON.stringify(value));
      const joined = joinElements(texts);
      expect(JSON.parse(joined.join(""))).toEqual(JSON.parse(JSON.stringify(values)));
      expect(await split(encoder.encode(joined.join("")), [])).toEqual(joined);
    }),
  );
});

test("what breaks off is no array, and neither is what is none", () => {
  for (const text of ["", "[", '[{"a":1}', '[{"a":1},', "{}", "null"]) expect(parseElements(text)).toBeUndefined();
});
