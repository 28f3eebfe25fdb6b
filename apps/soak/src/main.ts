// `pnpm soak --minutes 10`: the long form of what the test does in a minute.
import process from "node:process";
import { parseArgs } from "node:util";
import { startRedis } from "@llmcache/test-servers";
import { formatReport } from "./format-report.ts";
import { soak } from "./soak.ts";

const { values } = parseArgs({ options: { minutes: { type: "string", default: "1" }, seed: { type: "string" } } });
const minutes = Number(values.minutes);
const seed = values.seed === undefined ? Date.now() : Number(values.seed);
if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
  console.error("--minutes takes a number above 0, and --seed a whole number");
  process.exit(2);
}

await using redis = await startRedis({ own: true });
const seconds = Math.round(minutes * 60);
const report = await soak(redis, {
  seconds,
  seed,
  onProgress: (elapsed) => process.stderr.isTTY && process.stderr.write(`\r${elapsed} of ${seconds} s`),
});
console.log(`\nseed ${seed}\n${formatReport(report)}`);
process.exitCode = report.problems.length === 0 ? 0 : 1;
