import { ServerUnavailable } from "@llmcache/test-servers";
import { expect, test, type TestContext } from "vitest";
import { drawChart } from "../src/chart.ts";
import { makeResults, makeRowResult } from "../src/results.ts";
import type { Contest, Row } from "../src/row.ts";
import { allRows } from "../src/rows/all-rows.ts";
import { importRow } from "../src/rows/import-row.ts";
import { formatTable } from "../src/table.ts";

// The large one takes minutes to fill; of an import nothing comes, and it needs core to be built; `-time` and `-calls` are of one contest.
const comparable = allRows.filter((row) => row.large !== true && row !== importRow && !row.name.endsWith("-time"));

test.for(comparable.map((row) => [row.name, row] as const))(
  "%s: all competitors make the same of the same data",
  { timeout: 30_000 },
  async ([, row], context) => {
    const contest = await openOrSkip(row, context);
    try {
      const names = contest.competitors.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      expect(names).toContain(row.baseline);
      for (const { against } of row.goals) if (against !== undefined) expect(names).toContain(against);
      const ours = contest.competitors.find(({ role }) => role === "ours");
      const expected = await ours?.answer?.();
      expect(expected).toBeDefined();
      for (const { name, answer } of contest.competitors) {
        // One that shares what it holds would have less to do.
        expect(await answer?.(), name).toEqual(expected);
      }
    } finally {
      await contest.close?.();
    }
  },
);

/** A row whose server this machine cannot run is skipped with the reason. */
async function openOrSkip(row: Row, context: TestContext): Promise<Contest> {
  try {
    return await row.open({ quick: true }, () => undefined);
  } catch (error) {
    if (error instanceof ServerUnavailable) context.skip(error.message);
    throw error;
  }
}

test("rows have names of their own", () => {
  expect(new Set(allRows.map(({ name }) => name)).size).toBe(allRows.length);
});

test("table and chart name every row and every goal that is missed", () => {
  const competitors = [
    { name: "llmcache", role: "ours" as const },
    { name: "a & b", role: "peer" as const },
  ];
  const row = { name: "row", title: "a <row>", unit: "µs" as const, baseline: "a & b" };
  const goals = [{ against: "a & b", atMost: 0.5 }, { atMost: 2 }];
  const samples = new Map([
    ["llmcache", [1, 1, 1]],
    ["a & b", [1, 1, 1]],
  ]);
  const alone = { ...row, title: "an inner row", baseline: "llmcache" };
  const results = makeResults(
    [
      makeRowResult({ ...row, goals }, competitors, samples),
      makeRowResult({ ...alone, goals: [] }, competitors, samples),
    ],
    true,
  );
  const table = formatTable(results);
  expect(table).toMatch(/a <row> +a & b +0\.50 +1\.00 \(1\.00-1\.00\) +MISSED/);
  expect(table).toMatch(/a <row> +2\.00 µs +1\.00 µs .*reached/);
  expect(table).toContain("an inner row");
  const chart = drawChart(results);
  // We take all of what we take.
  expect(chart).not.toContain("an inner row");
  expect(chart).toContain("a &lt;row&gt;");
  expect(chart).toContain("against a &amp; b");
  expect(chart).toContain("prefers-color-scheme: dark");
});
