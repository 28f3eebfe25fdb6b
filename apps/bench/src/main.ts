// `pnpm bench`: measures, prints the table, and writes what was asked for. README.md says how to read it.
import { writeFile } from "node:fs/promises";
import process from "node:process";
import { parseArgs } from "node:util";
import { drawChart } from "./chart.ts";
import { makeResults } from "./results.ts";
import { allRows } from "./rows/all-rows.ts";
import { runRows } from "./run-rows.ts";
import { formatTable } from "./table.ts";

const usage = `usage: pnpm bench [options]

  --quick       a few rounds of each row, for a look: not to be quoted
  --large       also the rows that take minutes and gigabytes
  --row NAME    only rows with this in their name; may be given again
  --json FILE   writes the figures
  --svg FILE    writes the chart
  --help        this text

rows: ${allRows.map(({ name }) => name).join(", ")}`;

const values = readOptions();
if (values.help) {
  process.stdout.write(`${usage}\n`);
  process.exit();
}
const wanted = values.row;
const rows = allRows.filter(({ name, large }) =>
  wanted === undefined ? large !== true || values.large : wanted.some((part) => name.includes(part)),
);
if (rows.length === 0) refuse("there is no such row");

const results = makeResults(await runRows(rows, { quick: values.quick }, tell), values.quick);
tell("");
process.stdout.write(`${formatTable(results)}\n`);
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(results, shorten, 2)}\n`);
if (values.svg !== undefined) await writeFile(values.svg, drawChart(results));
// Some of the peers leave timers behind.
process.exit();

function readOptions() {
  try {
    return parseArgs({
      options: {
        quick: { type: "boolean", default: false },
        large: { type: "boolean", default: false },
        row: { type: "string", multiple: true },
        json: { type: "string" },
        svg: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    return refuse((error as Error).message);
  }
}

function refuse(reason: string): never {
  process.stderr.write(`${reason}\n\n${usage}\n`);
  process.exit(2);
}

/** Four digits are more than any figure here is good for. */
function shorten(_name: string, value: unknown): unknown {
  return typeof value === "number" ? Number(value.toPrecision(4)) : value;
}

/** One line on stderr that is written over, or lines where that is no terminal. */
function tell(progress: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${progress}`);
  else if (progress.includes("getting ready")) process.stderr.write(`${progress}\n`);
}
