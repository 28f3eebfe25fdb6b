import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { startRedis } from "@llmcache/test-servers";
import type { ProcessReport, ProcessTask } from "../processes/ask-together.ts";
import type { Row } from "../row.ts";
import { startProcess } from "../start-process.ts";
import { makeTemporaryFolder } from "../temporary-folder.ts";

const processes = 4;
const callers = 1_000;
const modelMs = 100;

/** What four processes share. */
interface Place {
  storeFor(cache: string): ProcessTask["store"];
  remove(): Promise<void>;
}

/** The same in four processes on one folder, and on one Redis. */
export const processStampedeRows: readonly Row[] = [
  ...processStampede("processes", "4 processes", openFolder),
  ...processStampede("redis-processes", "4 processes on a Redis", openRedis),
];

function processStampede(name: string, where: string, openPlace: () => Promise<Place>): readonly Row[] {
  const title = `1000 identical misses in each of ${where}`;
  return [
    processStampedeRow(`${name}-calls`, `${title}: calls of the model`, "calls", 1, openPlace),
    processStampedeRow(`${name}-time`, `${title}: time beyond the call of ${modelMs} ms`, "ms", 15, openPlace),
  ];
}

async function openFolder(): Promise<Place> {
  const { path, remove } = await makeTemporaryFolder();
  return { storeFor: (cache) => ({ directory: join(path, cache) }), remove };
}

async function openRedis(): Promise<Place> {
  const server = await startRedis({ own: true });
  return { storeFor: () => ({ url: server.url }), remove: server.stop };
}

function processStampedeRow(
  name: string,
  title: string,
  unit: "calls" | "ms",
  atMost: number,
  openPlace: () => Promise<Place>,
): Row {
  return {
    name,
    title,
    unit,
    baseline: "bentocache",
    goals: [{ atMost }],
    rounds: ({ quick }) => (unit === "calls" ? 1 : quick ? 3 : 21),
    async open() {
      const place = await openPlace();
      const groups = await Promise.all(
        (["llmcache", "bentocache"] as const).map(async (cache) => {
          const task = { cache, store: place.storeFor(cache), callers, modelMs };
          return { cache, children: await Promise.all(Array.from({ length: processes }, () => start(task))) };
        }),
      );
      let asked = 0;
      return {
        competitors: groups.map(({ cache, children }) => ({
          name: cache,
          role: cache === "llmcache" ? "ours" : "peer",
          async sample() {
            const reports = await askAll(children, `question ${asked++}`);
            if (unit === "calls") return reports.reduce((sum, { modelCalls }) => sum + modelCalls, 0);
            return Math.max(...reports.map(({ elapsedMs }) => elapsedMs)) - modelMs;
          },
          async answer() {
            const reports = await askAll(children, `question ${asked++}`);
            return new Set(reports.flatMap(({ values }) => values));
          },
        })),
        async close() {
          for (const child of groups.flatMap(({ children }) => children)) {
            const ended = once(child, "exit");
            child.kill("SIGKILL");
            await ended;
          }
          await place.remove();
        },
      };
    },
  };
}

async function start(task: ProcessTask): Promise<ChildProcess> {
  const child = await startProcess(new URL("../processes/ask-together.ts", import.meta.url));
  const warm = once(child, "message");
  child.send(task);
  await warm;
  return child;
}

function askAll(children: readonly ChildProcess[], question: string): Promise<ProcessReport[]> {
  return Promise.all(
    children.map(async (child) => {
      const answered = once(child, "message");
      child.send(question);
      const [report] = (await answered) as [ProcessReport];
      return report;
    }),
  );
}
