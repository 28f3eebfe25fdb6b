// `pnpm eval:semantic`: runs everything, prints the tables, and with --write puts JSON and pictures into docs/.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { drawChart } from "./chart.ts";
import { clincSurvival } from "./clinc-survival.ts";
import { dataFolder, readClinc } from "./data.ts";
import { mockSurvival, runMock } from "./mock.ts";
import { type Curve, runCurves } from "./curves.ts";
import { measureSpeed } from "./speed.ts";
import { prepare } from "./stream.ts";
import { formatReport } from "./report.ts";
import { runTraps } from "./trap-results.ts";

const { values } = parseArgs({
  options: {
    data: { type: "string" },
    requests: { type: "string", default: "10000" },
    seeds: { type: "string", default: "1" },
    write: { type: "boolean", default: false },
    speed: { type: "boolean", default: false },
  },
});

const data = values.data ?? dataFolder();
if (data === undefined) {
  process.stderr.write(
    "needs the data sets in ../shared/data/semantic beside the workspace, or --data with their folder\n",
  );
  process.exit(1);
}

const requests = Number(values.requests);
const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => index + 1);
const prompts = prepare(readClinc(data));
if (values.speed) {
  for (const entries of [10_000, 100_000]) {
    const { p50, p99 } = await measureSpeed(entries, prompts.texts);
    process.stdout.write(`${entries} entries: p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms\n`);
  }
  process.exit();
}

const curves = await runCurves(prompts, { requests, seeds, tell });
const results = {
  date: new Date().toISOString().slice(0, 10),
  requests,
  seeds: seeds.length,
  traps: runTraps(data, prompts.texts),
  mock: await runMock(data),
  survival: {
    mock: await mockSurvival(data, [0.8, 0.9, 0.95]),
    clinc: await clincSurvival(prompts, [0.8, 0.85, 0.9], requests),
  },
  stream: curves.map(({ runningError: _, ...curve }) => curve),
};
process.stdout.write(formatReport(results));

if (values.write) {
  const docs = join(import.meta.dirname, "../../../docs");
  await writeFile(join(docs, "semantic-eval.json"), `${JSON.stringify(results, shorten, 2)}\n`);
  await writeFile(join(docs, "semantic-error.svg"), drawChart(errorAgainstHits(curves)));
  await writeFile(join(docs, "semantic-running-error.svg"), drawChart(runningError(curves)));
}

function errorAgainstHits(of: readonly Curve[]) {
  return {
    title: "Wrong answers against hits",
    note: `CLINC150 in random order from an empty cache, ${requests.toLocaleString("en")} requests, MiniLM vectors: lower and further right is better`,
    xLabel: "hits, of all requests",
    yLabel: "wrong answers, of all requests",
    formatX: percent(0),
    formatY: percent(1),
    lines: of.map(({ name, points }) => ({
      name,
      points: points
        .map(({ hitRate, errorRate }) => [hitRate, errorRate] as const)
        .toSorted(([left], [right]) => left - right),
    })),
  };
}

function runningError(of: readonly Curve[]) {
  return {
    title: "Wrong answers as the stream goes",
    note: "CLINC150, each at the setting whose hit rate, in brackets, is nearest to 50%",
    xLabel: "requests",
    yLabel: "wrong answers so far, of all requests",
    formatX: (value: number) => value.toLocaleString("en"),
    formatY: percent(1),
    lines: of
      .filter(({ name }) => name !== "defaults")
      .map(({ name, runningError: errors, atHalf }) => ({
        name: `${name} (${percent(0)(atHalf)})`,
        points: errors.map((error, index) => [(index + 1) * 100, error] as const),
      })),
  };
}

function percent(digits: number): (share: number) => string {
  return (share) => `${(share * 100).toFixed(digits)}%`;
}

/** Counts are whole; of a share four digits are more than it is good for. */
function shorten(_name: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}

function tell(progress: string): void {
  process.stderr.write(`${progress}\n`);
}
