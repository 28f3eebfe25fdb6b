import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { type FaultProxy, type RedisServer, startFaultProxy } from "@llmcache/test-servers";
import { below, randomFrom } from "./random.ts";
import { mostGrowthBytes, type SoakReport, type Task, type WorkerReport } from "./report.ts";
import { makeTrouble } from "./trouble.ts";
import { verifyStore } from "./verify-store.ts";

export interface SoakOptions {
  readonly seconds: number;
  /** The same faults and questions from the same seed; what comes of them is up to the machine. @default by the clock */
  readonly seed?: number | undefined;
  /** Told once a second. */
  readonly onProgress?: ((elapsedSeconds: number) => void) | undefined;
}

const processes = 4;

/** A client connects again after some seconds at the most, and a breaker stays open for five: generously more than both. */
const longestRecoverySeconds = 30;

/** Puts four processes to work on one Redis, each through a proxy of its own, breaks what can be broken, and looks at what is left. */
export async function soak(
  redis: RedisServer,
  { seconds, seed = Date.now(), onProgress }: SoakOptions,
): Promise<SoakReport> {
  const namespace = `soak-${crypto.randomUUID()}`;
  const proxies = await Promise.all(Array.from({ length: processes }, () => startFaultProxy(redis)));
  try {
    const workers = await Promise.all(
      proxies.map((proxy, index) => Worker.start(taskFor(proxy, seed + index, namespace))),
    );
    const stop = new AbortController();
    const random = randomFrom(seed);
    const killOne = async () => {
      const index = below(random, workers.length);
      const proxy = proxies[index];
      if (proxy === undefined) return;
      workers[index]?.kill();
      workers[index] = await Worker.start(taskFor(proxy, seed + index + 1_000, namespace));
    };
    const trouble = makeTrouble(redis, proxies, killOne, random, stop.signal);
    for (let elapsed = 0; elapsed < seconds; elapsed++) {
      onProgress?.(elapsed);
      if (elapsed === Math.floor(seconds / 3)) workers.forEach((worker) => worker.measureHeap());
      await setTimeout(1_000);
    }
    stop.abort();
    const faults = await trouble;
    await Promise.all(proxies.map((proxy) => proxy.set("pass")));
    // The last fault may have emptied Redis.
    const stored = await storesAgain(redis, namespace);
    const reports = await Promise.all(workers.map((worker) => worker.end()));
    const { problems, entries } = await verifyStore(redis, namespace);
    return {
      seconds,
      faults,
      workers: reports,
      problems: [
        ...reports.flatMap(problemsOf),
        ...problems,
        ...(stored ? [] : [`nothing was stored in ${longestRecoverySeconds} s after all was mended`]),
      ],
      entries,
    };
  } finally {
    await Promise.all(proxies.map((proxy) => proxy.stop()));
  }
}

/** Whether the processes, which work on, come to store something again in good time. */
async function storesAgain(redis: RedisServer, namespace: string): Promise<boolean> {
  for (let waited = 0; waited < longestRecoverySeconds; waited++) {
    const { entries } = await verifyStore(redis, namespace);
    if (entries > 0) return true;
    await setTimeout(1_000);
  }
  return false;
}

function taskFor({ host, port }: FaultProxy, seed: number, namespace: string): Task {
  return { host, port, seed, namespace };
}

function problemsOf({ problems, heapBytes, handles, answers }: WorkerReport): string[] {
  const growth = heapBytes.early === 0 ? 0 : heapBytes.late - heapBytes.early;
  return [
    ...problems,
    ...(answers === 0 ? ["a process answered nothing"] : []),
    ...(growth > mostGrowthBytes ? [`a process's heap grew by ${Math.round(growth / 1024 / 1024)} MiB`] : []),
    ...(handles.length > 0 ? [`a process was left with ${handles.join(", ")}`] : []),
  ];
}

class Worker {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(task: Task): Promise<Worker> {
    const child = fork(new URL("worker.ts", import.meta.url), {
      execArgv: ["--expose-gc", "--conditions=@llmcache/source", "--disable-warning=ExperimentalWarning"],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    process.once("exit", () => child.kill("SIGKILL"));
    await once(child, "message");
    child.send(task);
    return new Worker(child);
  }

  measureHeap(): void {
    this.#child.kill("SIGUSR2");
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** Lets it finish what it has begun. @throws when it ends without a report, by itself or for want of an end */
  async end(): Promise<WorkerReport> {
    const reported = once(this.#child, "message", { signal: AbortSignal.timeout(60_000) });
    const ended = once(this.#child, "exit");
    this.#child.send("stop");
    const early = ended.then(([code]) =>
      Promise.reject(new Error(`a process ended with ${code} and without a report`)),
    );
    early.catch(() => undefined);
    const [report] = (await Promise.race([reported, early])) as [WorkerReport];
    await Promise.race([ended, setTimeout(10_000)]);
    if (this.#child.exitCode === null) {
      this.kill();
      return { ...report, problems: [...report.problems, "a process did not end after it had disposed of everything"] };
    }
    return report;
  }
}
