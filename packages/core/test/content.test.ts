import { deepStrictEqual } from "node:assert";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Content,
  contentKind,
  decodeContent,
  decodeRecording,
  encodeContent,
  encodeRecording,
  type RecordedChunk,
} from "../src/content.ts";
import { anyString, objectOf } from "./support/arbitrary-values.ts";

const roundTrip = (value: unknown): unknown => decodeContent(encodeContent(value));

const { json: storable } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    anyString,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("json"), { maxLength: 4 }),
    objectOf(anyString, tie("json")),
  ),
}));

test("JSON comes back as JSON would bring it back, whatever its members are called", () => {
  fc.assert(
    fc.property(storable, (value) => {
      // Vitest does not look at members called `__proto__` or `constructor`.
      expect(() => deepStrictEqual(roundTrip(value), JSON.parse(JSON.stringify(value)))).not.toThrow();
    }),
    { numRuns: 1000 },
  );
});

test.each([
  ["", ""],
  [0, 0],
  [-0, 0],
  [false, false],
  [null, null],
  [[], []],
  [{}, {}],
  ["\ud800", "\ud800"],
  ["\ufeffbom", "\ufeffbom"],
  [{ a: undefined }, {}],
  [1e300, 1e300],
])("%j is stored, and comes back as %j", (value, expected) => expect(roundTrip(value)).toStrictEqual(expected));

test("a member called __proto__ is a member like any other, and changes no prototype", () => {
  const value = roundTrip(JSON.parse('{"__proto__":{"isAdmin":true}}')) as object;
  expect(Object.keys(value)).toEqual(["__proto__"]);
  expect(value).not.toHaveProperty("isAdmin");
});

test("objects and arrays of another realm are stored", () => {
  expect(roundTrip(runInNewContext("({ a: [1, { b: null }] })"))).toEqual({ a: [1, { b: null }] });
});

test("bytes come back byte by byte, also from the middle of a buffer", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat(10), (bytes, start) => {
      expect(roundTrip(bytes.subarray(start))).toStrictEqual(new Uint8Array(bytes.subarray(start)));
    }),
  );
  expect(roundTrip(Buffer.from("hi"))).toStrictEqual(new Uint8Array([104, 105]));
  expect(roundTrip(new Uint8Array())).toStrictEqual(new Uint8Array());
});

test("a vector comes back bit by bit, NaN as NaN, also from the middle of a buffer", () => {
  fc.assert(
    fc.property(fc.float32Array(), fc.nat(10), (vector, start) => {
      expect(roundTrip(vector.subarray(start))).toStrictEqual(new Float32Array(vector.subarray(start)));
    }),
  );
  expect(roundTrip(new Float32Array([NaN, -0, Infinity, 1e-45]))).toStrictEqual(
    new Float32Array([NaN, -0, Infinity, 1e-45]),
  );
  expect(encodeContent(new Float32Array([1])).body).toEqual(new Uint8Array([0, 0, 0x80, 0x3f]));
});

test("the copy is the cache's own: nobody's later change reaches another", () => {
  for (const value of [new Uint8Array([1]), new Float32Array([1]), [1]]) {
    const content = encodeContent(value);
    const first = decodeContent(content) as number[];
    value[0] = 2;
    first[0] = 3;
    expect((decodeContent(content) as number[])[0]).toBe(1);
  }
});

describe("what would not come back as it was is refused", () => {
  const secret = "secret-4711";
  class Account {
    readonly secret = secret;
  }
  const cyclic: Record<string, unknown> = { secret };
  cyclic["list"] = [cyclic];
  const nested = (depth: number): unknown => (depth === 0 ? secret : [nested(depth - 1)]);
  const deep = Array.from({ length: 49_000 }).reduce<unknown>((inner) => [inner], nested(1000));

  test.each<[string, unknown, string]>([
    ["nothing", undefined, "answer is undefined"],
    ["a function", { a: [() => secret] }, "answer.a[0] is a function"],
    ["a symbol", { a: Symbol(secret) }, "answer.a is a symbol"],
    ["a bigint", { usage: { tokens: 4711n } }, "answer.usage.tokens is a bigint"],
    ["NaN", { score: NaN }, "answer.score is NaN"],
    ["Infinity", [[Infinity]], "answer[0][0] is an infinite number"],
    ["-Infinity", [-Infinity], "answer[0] is an infinite number"],
    ["a hole", Array<unknown>(1), "answer[0] is undefined"],
    ["an item that is undefined", { a: [1, undefined] }, "answer.a[1] is undefined"],
    ["a date", { at: new Date() }, "answer.at is an instance of Date"],
    ["a map", new Map([[secret, secret]]), "answer is an instance of Map"],
    ["a set", [new Set([secret])], "answer[0] is an instance of Set"],
    ["an instance of a class", { a: new Account() }, "answer.a is an instance of Account"],
    ["an instance with toJSON", { toJSON: () => secret }, "answer.toJSON is a function"],
    ["an array with toJSON", { a: Object.assign([1], { toJSON: () => secret }) }, "answer.a is an instance of Array"],
    [
      "a derived array",
      { a: new (class Messages extends Array<string> {})(secret) },
      "answer.a is an instance of Messages",
    ],
    ["a boxed string", { a: Object(secret) as unknown }, "answer.a is an instance of String"],
    ["bytes within JSON", { image: new Uint8Array(1) }, "answer.image is an instance of Uint8Array"],
    ["another typed array", new Float64Array(1), "answer is an instance of Float64Array"],
    ["a buffer", new ArrayBuffer(1), "answer is an instance of ArrayBuffer"],
    ["a blob", new Blob([secret]), "answer is an instance of Blob"],
    ["a response", new Response(secret), "answer is an instance of Response"],
    ["a cycle", cyclic, "answer.list[0].list is nested too deeply"],
    ["what is nested deeper than 1000 levels", nested(1001), "answer[0][0][0] is nested too deeply"],
    ["what is nested far deeper", deep, "answer[0][0][0] is nested too deeply"],
  ])("%s, naming the path and not the value", (_, value, message) => {
    let thrown: unknown;
    try {
      encodeContent(value);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(TypeError);
    expect((thrown as TypeError).message).toContain(message);
    expect((thrown as TypeError).message).not.toContain(secret);
  });

  test("and what is nested 1000 levels deep is stored", () => {
    expect(roundTrip(nested(1000))).toEqual(nested(1000));
  });
});

describe("a recording", () => {
  const chunks: RecordedChunk[] = ["", { delta: "Hi" }, new Uint8Array([1, 2]), new Float32Array([0.5]), null].map(
    (value, index) => ({
      offset: index * 12.5,
      content: encodeContent(value),
    }),
  );

  test("keeps its chunks, their kinds and when they came", () => {
    expect(decodeRecording(encodeRecording(chunks).body)).toEqual(chunks);
    expect(decodeContent(encodeRecording(chunks))).toEqual([
      "",
      { delta: "Hi" },
      new Uint8Array([1, 2]),
      new Float32Array([0.5]),
      null,
    ]);
  });

  test("may be empty", () => {
    expect(decodeContent(encodeRecording([]))).toEqual([]);
  });

  test("that is cut off is refused, unless it is cut between two chunks", () => {
    const { body } = encodeRecording(chunks);
    const ends = chunks.map((_, index) => encodeRecording(chunks.slice(0, index)).body.length);
    for (let length = 0; length < body.length; length++) {
      if (ends.includes(length)) expect(decodeRecording(body.subarray(0, length))).toHaveLength(ends.indexOf(length));
      else expect(() => decodeRecording(body.subarray(0, length))).toThrow(RangeError);
    }
  });

  test("cannot hold another recording", () => {
    const { body } = encodeRecording([{ offset: 0, content: encodeRecording([]) }]);
    expect(() => decodeRecording(body)).toThrow(RangeError);
  });

  test("of any bytes is decoded or refused, without reading past the end", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (body) => {
        try {
          const length = decodeRecording(body).reduce((sum, { content }) => sum + 13 + content.body.length, 0);
          expect(length).toBe(body.length);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});

test.each<[string, Content]>([
  ["JSON that is none", { kind: contentKind.json, body: new Uint8Array([0x7b]) }],
  ["an empty body as JSON", { kind: contentKind.json, body: new Uint8Array() }],
  ["text that is no UTF-8", { kind: contentKind.json, body: new Uint8Array([0x22, 0xff, 0x22]) }],
  ["half a vector", { kind: contentKind.float32, body: new Uint8Array(6) }],
])("%s is refused when it is read", (_, content) => {
  expect(() => decodeContent(content)).toThrow();
});

test("names that JSON spells with an escape come back as they were, whatever was parsed before", () => {
  const names = ["\\", '"', "a\\", "a\n", "a\t", "\\\\", "\ud800", "\u0000", "__proto__", "constructor"];
  for (const first of names) {
    for (const second of names) {
      for (const name of [first, second]) {
        const value = JSON.parse("{}") as Record<string, unknown>;
        value["b"] = 0;
        Object.defineProperty(value, name, {
          value: [{ [name]: 1 }],
          enumerable: true,
          writable: true,
          configurable: true,
        });
        const decoded = decodeContent(encodeContent(value)) as Record<string, unknown>;
        expect(Object.keys(decoded)).toEqual(Object.keys(value));
        expect(Object.keys((decoded[name] as object[])[0] ?? {})).toEqual(
          name === "__proto__" ? ["__proto__"] : [name],
        );
      }
    }
  }
});
