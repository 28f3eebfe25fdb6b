import { serverOrSkip, startRedis } from "@llmcache/test-servers";
import { expect, test } from "vitest";
import { formatReport } from "../src/format-report.ts";
import { soak } from "../src/soak.ts";

test(
  "four processes under faults of every kind serve nothing wrong, keep nobody waiting, leak nothing, and leave only whole entries",
  { timeout: 240_000 },
  async (context) => {
    const redis = await serverOrSkip(context, () => startRedis({ own: true }));
    const report = await soak(redis, { seconds: 60 });
    console.info(formatReport(report));
    expect(report.problems).toEqual([]);
    expect(Object.keys(report.faults).length).toBeGreaterThan(3);
    expect(report.entries).toBeGreaterThan(0);
  },
);
