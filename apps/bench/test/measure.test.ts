import { expect, test } from "vitest";
import { measure, shuffled } from "../src/measure.ts";
import { makeRowResult } from "../src/results.ts";
import type { Competitor, Row } from "../src/row.ts";
import { runRows } from "../src/run-rows.ts";
import { quantile, ratiosOf, spreadOf } from "../src/statistics.ts";
import { sink, timed, timedAsync } from "../src/timed.ts";

test("the median of an even number of figures is between the two in the middle", () => {
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
  expect(quantile([5], 0.5)).toBe(5);
  expect(() => quantile([], 0.5)).toThrow(RangeError);
});

test("the spread is from the 10th to the 90th percentile, whatever the order", () => {
  const numbers = Array.from({ length: 11 }, (_, index) => ((index * 7) % 11) + 1);
  expect(spreadOf(numbers)).toEqual({ median: 6, low: 2, high: 10 });
});

test("ratios are made round by round, so that a slow round counts for both sides", () => {
  expect(ratiosOf([1, 10, 100], [2, 20, 200])).toEqual([0.5, 0.5, 0.5]);
  expect(() => ratiosOf([1], [1, 2])).toThrow(RangeError);
});

test("every round asks every competitor once, in an order of its own, and the warm-up does not count", async () => {
  const asked: string[] = [];
  const counting = (name: string): Competitor => {
    let samples = 0;
    return {
      name,
      role: "peer",
      async sample() {
        asked.push(name);
        return samples++;
      },
    };
  };
  let number = 0;
  const samples = await measure([counting("a"), counting("b"), counting("c")], {
    rounds: 20,
    random: () => (number = (number + 0.37) % 1),
  });
  expect(samples.get("a")).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  const rounds = Array.from({ length: 21 }, (_, round) => asked.slice(round * 3, round * 3 + 3).join(""));
  expect(rounds.every((round) => new Set(round).size === 3)).toBe(true);
  expect(new Set(rounds).size).toBeGreaterThan(2);
});

test("of a sample of many times the one counts that the row's share of them is below", async () => {
  const times: Competitor = { name: "a", role: "ours", sample: async () => [1, 2, 3, 4, 5] };
  expect((await measure([times], { rounds: 1, share: 0.5 })).get("a")).toEqual([3]);
  await expect(measure([times], { rounds: 1 })).rejects.toThrow("share");
});

test("rows with the same `open` are measured on one contest, which is closed before the next is opened", async () => {
  const events: string[] = [];
  const opens = (name: string): Row["open"] => {
    return async (_, tell) => {
      events.push(`${name} is opened`);
      tell("half of it");
      return {
        competitors: [{ name: "llmcache", role: "ours", sample: async () => [1, 2, 3] }],
        close: async () => void events.push(`${name} is closed`),
      };
    };
  };
  const [one, other] = [opens("one"), opens("other")];
  const row = (name: string, share: number, open: Row["open"]): Row => ({
    ...{ name, title: name, unit: "ms", baseline: "llmcache", goals: [] },
    ...{ rounds: () => 1, share, open },
  });
  const rows = [row("low", 0, one), row("high", 1, one), row("last", 0.5, other)];
  const results = await runRows(rows, { quick: true }, (progress) => events.push(progress));
  expect(results.map(({ figures }) => figures[0]?.absolute.median)).toEqual([1, 3, 2]);
  expect(events.filter((event) => !event.includes("round") && !event.includes("warming"))).toEqual([
    ...["low: getting ready", "one is opened", "low: getting ready, half of it", "one is closed"],
    ...["last: getting ready", "other is opened", "last: getting ready, half of it", "other is closed"],
  ]);
});

test("a shuffle keeps the items and leaves the array as it is", () => {
  const items = [1, 2, 3, 4];
  expect(new Set(shuffled(items, () => 0))).toEqual(new Set(items));
  expect(items).toEqual([1, 2, 3, 4]);
});

test("a timed competitor takes its turns one after the other, and leaves the result where it counts", async () => {
  const turns: number[] = [];
  const sample = timed((turn) => {
    turns.push(turn);
    return `turn ${turn}`;
  }, 1);
  expect(await sample()).toBeGreaterThan(0);
  await sample();
  expect(turns).toEqual(Array.from(turns, (_, index) => index));
  expect(sink.last).toBe(`turn ${turns.length - 1}`);
});

test("an awaited competitor has one turn under way at a time", async () => {
  let underWay = 0;
  let most = 0;
  const sample = timedAsync(async () => {
    most = Math.max(most, ++underWay);
    await Promise.resolve();
    underWay--;
  }, 1);
  expect(await sample()).toBeGreaterThan(0);
  expect(most).toBe(1);
});

test("a goal is judged by the median of the ratios, or by our own figure where it is against nobody", () => {
  const competitors = [
    { name: "llmcache", role: "ours" as const },
    { name: "other", role: "peer" as const },
  ];
  const row = { name: "row", title: "a row", unit: "ms" as const, baseline: "other" };
  const samples = new Map([
    ["llmcache", [1, 2, 30]],
    ["other", [4, 4, 40]],
  ]);
  const goals = [{ against: "other", atMost: 0.5 }, { against: "other", atMost: 0.4 }, { atMost: 1.5 }];
  const result = makeRowResult({ ...row, goals }, competitors, samples);
  expect(result.goals.map(({ figure, reached }) => [figure.median, reached])).toEqual([
    [0.5, true],
    [0.5, false],
    [2, false],
  ]);
  expect(result.figures.map(({ ratio }) => ratio.median)).toEqual([0.5, 1]);
});
