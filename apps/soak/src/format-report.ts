import type { SoakReport } from "./report.ts";

/** What came of a soak, to be read. */
export function formatReport({ seconds, faults, workers, problems, entries }: SoakReport): string {
  const sum = (of: (worker: SoakReport["workers"][number]) => number) =>
    workers.reduce((total, worker) => total + of(worker), 0);
  const lines = [
    `${workers.length} processes for ${seconds} s: ${sum(({ answers }) => answers)} answers, ${sum(({ modelCalls }) => modelCalls)} calls of the model, ${sum(({ hits }) => hits)} hits`,
    `the longest wait: ${Math.max(...workers.map(({ longestWaitMs }) => longestWaitMs))} ms; error events: ${sum(({ errorEvents }) => errorEvents)}`,
    `faults: ${Object.entries(faults)
      .map(([name, times]) => `${name} ${times}`)
      .join(", ")}`,
    `entries in the store at the end, all read: ${entries}`,
    problems.length === 0 ? "nothing was wrong" : `WRONG:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`,
  ];
  return lines.join("\n");
}
