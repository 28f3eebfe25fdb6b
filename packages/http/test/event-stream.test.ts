import fc from "fast-check";
import { expect, test } from "vitest";
import { parseEvents, splitEvents } from "../src/event-stream.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

function streamOf(pieces: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
}

async function split(pieces: readonly Uint8Array[]): Promise<string[]> {
  const events: string[] = [];
  for await (const event of splitEvents(streamOf(pieces))) events.push(decoder.decode(event));
  return events;
}

/** Cuts bytes at some places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1))), bytes.length].toSorted(
    (left, right) => left - right,
  );
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

const text = fc
  .array(
    fc.constantFrom(
      "data: ",
      "event: x",
      ":",
      "\n",
      "\r",
      "\r\n",
      "\n\n",
      "\r\n\r\n",
      "\r\r",
      "é",
      "🐈‍⬛",
      "\uFEFF",
      "a",
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(""));

test("however the network cuts a stream, the events are the same and together are the stream", async () => {
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.nat(), { maxLength: 12 }), async (stream, places) => {
      const bytes = encoder.encode(stream);
      const whole = await split([bytes]);
      expect(whole.join("")).toBe(stream);
      expect(await split(cut(bytes, places))).toEqual(whole);
      expect(await split(Array.from(bytes, (byte) => new Uint8Array([byte])))).toEqual(whole);
    }),
    { numRuns: 500 },
  );
});

test("parsed apart, events are what they are in the whole stream", async () => {
  await fc.assert(
    fc.asyncProperty(text, async (stream) => {
      const events = await split([encoder.encode(stream)]);
      expect(events.flatMap(parseEvents)).toEqual(parseEvents(stream));
    }),
    { numRuns: 500 },
  );
});

test("every kind of line end, and their mixture, ends an event", async () => {
  expect(await split([encoder.encode("data: a\n\ndata: b\r\n\r\ndata: c\r\rdata: d\n\r\ndata: e\r\n\nrest")])).toEqual([
    "data: a\n\n",
    "data: b\r\n\r\n",
    "data: c\r\r",
    "data: d\n\r\n",
    "data: e\r\n\n",
    "rest",
  ]);
});

test("an event is given as soon as its blank line is there", async () => {
  const pieces = [encoder.encode("data: a\n\ndata: b"), encoder.encode("\n\n")];
  let given = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        const piece = pieces[given++];
        if (piece) controller.enqueue(piece);
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  const events = splitEvents(body);
  expect(decoder.decode((await events.next()).value as Uint8Array)).toBe("data: a\n\n");
  expect(given).toBe(1);
  await events.return();
});

test("what comes out does not share memory with what came in", async () => {
  const piece = encoder.encode("data: a\n\ndata: b\n\n");
  const events: Uint8Array[] = [];
  for await (const event of splitEvents(streamOf([piece]))) events.push(event);
  piece.fill(0);
  expect(events.map((event) => decoder.decode(event))).toEqual(["data: a\n\n", "data: b\n\n"]);
});

test("events are read as the standard says", () => {
  expect(parseEvents("data: a\ndata:b\ndata:  c\n\n")).toEqual([{ type: "message", data: "a\nb\n c" }]);
  expect(parseEvents("event: x\nid: 1\n: comment\ndata\n\n")).toEqual([{ type: "x", data: "" }]);
  expect(parseEvents("event: x\n\ndata: a\n\n")).toEqual([{ type: "message", data: "a" }]);
  expect(parseEvents("data: a\n")).toEqual([]);
  expect(parseEvents("data: a\n\ndata: [DONE]")).toEqual([{ type: "message", data: "a" }]);
});
