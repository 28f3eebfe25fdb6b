import { clopperPearson, type Observation, recommendThreshold, summarizeShadow } from "@llmcache/semantic";
import { expect, test } from "vitest";
import { randomFrom } from "./random.ts";

const seen = (score: number, agreed: boolean): Observation => ({ score, agreed, at: 0 });

test("the interval is that of Clopper and Pearson", () => {
  // R: binom.test(3, 100), binom.test(0, 50), binom.test(50, 50), binom.test(25, 20000).
  for (const [successes, trials, lower, upper] of [
    [3, 100, 0.006229972, 0.0851761],
    [0, 50, 0, 0.07112174],
    [50, 50, 0.9288783, 1],
    [25, 20_000, 0.0008090843, 0.001844768],
  ] as const) {
    const interval = clopperPearson(successes, trials);
    expect(interval[0]).toBeCloseTo(lower, 5);
    expect(interval[1]).toBeCloseTo(upper, 5);
  }
});

test("a threshold is recommended where enough was seen to be sure, and no lower", () => {
  const good = Array.from({ length: 400 }, (_, index) => seen(0.9 + index / 10_000, true));
  const bad = Array.from({ length: 100 }, (_, index) => seen(0.8 + index / 10_000, index % 2 === 0));
  const report = recommendThreshold([...bad, ...good]);
  expect(report).toMatchObject({ threshold: 0.9, served: 400, wrong: 0, errorRate: 0 });
  expect(report.interval[0]).toBe(0);
  expect(report.interval[1]).toBeLessThan(0.01);
  expect(recommendThreshold(good.slice(0, 298)).threshold).toBeUndefined();
  expect(recommendThreshold([])).toMatchObject({ threshold: undefined, served: 0, interval: [0, 1] });
});

test(
  "the true error of what is recommended is above the limit in no more runs than the confidence leaves",
  { timeout: 60_000 },
  () => {
    const random = randomFrom(9);
    const draw = () => random() + 0.5;
    // The chance of a wrong answer falls with the score: at 0.9 it is 0.05.
    const errorAt = (score: number) => 0.5 * (1 - score);
    let missed = 0;
    for (let run = 0; run < 200; run++) {
      const observations = Array.from({ length: 1_000 }, () => {
        const score = draw();
        return seen(score, draw() > errorAt(score));
      });
      const { threshold } = recommendThreshold(observations, { maxErrorRate: 0.05, confidence: 0.9 });
      // Scores are uniform, so the error above a threshold is that at the middle.
      if (threshold !== undefined && errorAt((threshold + 1) / 2) > 0.05) missed++;
    }
    expect(missed / 200).toBeLessThanOrEqual(0.14);
  },
);

test("a summary counts what would have been served, and what agreed", () => {
  const observations = [seen(0.9, true), seen(0.95, false), seen(0.5, true)];
  expect(summarizeShadow(observations, 0.9, 10)).toEqual({
    asked: 10,
    wouldHaveHit: 2,
    agreed: 1,
    wouldHaveHitRate: 0.2,
    agreement: 0.5,
  });
  expect(summarizeShadow([], 0.9, 0)).toMatchObject({ wouldHaveHitRate: 0, agreement: 1 });
});

test("refuses limits that are none", () => {
  expect(() => recommendThreshold([], { maxErrorRate: 0 })).toThrow(
    new TypeError("maxErrorRate must be a number between 0 and 1"),
  );
  expect(() => recommendThreshold([], { confidence: 1 })).toThrow("confidence");
});
