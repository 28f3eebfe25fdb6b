import fc from "fast-check";
import { expect, test } from "vitest";
import { type Duration, parseDuration, parsePositiveDuration } from "../src/duration.ts";

test.each<[Duration, number]>([
  [0, 0],
  [1, 1000],
  [0.25, 250],
  [-1, -1000],
  [Infinity, Infinity],
  [-Infinity, -Infinity],
  ["250ms", 250],
  ["30s", 30_000],
  ["5m", 300_000],
  ["12h", 43_200_000],
  ["7d", 604_800_000],
  ["1.5h", 5_400_000],
  ["0s", 0],
  ["-5m", -300_000],
])("%j is %d ms", (duration, ms) => {
  expect(parseDuration(duration, "ttl")).toBe(ms);
});

test.each<[unknown, string]>([
  [NaN, "NaN"],
  ["", "an empty string"],
  ["5", "a string"],
  ["5 m", "a string"],
  [" 5m", "a string"],
  ["5m ", "a string"],
  ["5m\n", "a string"],
  ["5M", "a string"],
  ["m", "a string"],
  [".5s", "a string"],
  ["5.s", "a string"],
  ["1e3s", "a string"],
  ["+5s", "a string"],
  ["--5s", "a string"],
  ["1h30m", "a string"],
  ["Infinity", "a string"],
  ["0x10s", "a string"],
  [undefined, "undefined"],
  [null, "null"],
  [true, "a boolean"],
  [1n, "a bigint"],
  [["5m"], "an array"],
  [{ ms: 5 }, "an object"],
  [() => 5, "a function"],
])("%s is refused", (value, type) => {
  for (const parse of [parseDuration, parsePositiveDuration]) {
    expect(() => parse(value, "maxAge")).toThrow(
      new TypeError(`maxAge must be seconds or a text such as "250ms", "30s", "5m", "12h" or "7d", got ${type}`),
    );
  }
});

test("a number and its text in seconds are one duration", () => {
  fc.assert(
    fc.property(fc.integer({ min: -1_000_000, max: 1_000_000 }), (seconds) => {
      expect(parseDuration(`${seconds}s`, "ttl")).toBe(parseDuration(seconds, "ttl"));
    }),
  );
});

test("where a duration cannot be negative, 0 is allowed and nothing below it", () => {
  expect(parsePositiveDuration(0, "maxAge")).toBe(0);
  expect(parsePositiveDuration(Infinity, "maxAge")).toBe(Infinity);
  for (const negative of [-0.001, "-1ms", -Infinity])
    expect(() => parsePositiveDuration(negative, "maxAge")).toThrow("maxAge must not be negative");
});
