import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { freePort, isPortTaken } from "./free-port.ts";

/** A program with its arguments, and what its environment has beyond that of this process. */
export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** A server to start. */
export interface ServerPlan {
  /** How errors call it. */
  readonly name: string;
  /** How it is started on a port, with a folder of its own. */
  launch(at: { readonly port: number; readonly folder: string }): Launch | Promise<Launch>;
  /**
   * Whether it answers. Called until it does; what it throws counts as no. On its port another server may answer, which was faster to
   * take it: look into its folder, or at its `output`, first.
   */
  ready(at: { readonly port: number; readonly folder: string; readonly output: string }): Promise<boolean>;
  /** Further ports that it listens on, as distances from the first. @default none */
  readonly portOffsets?: readonly number[];
}

/** A server that runs. */
export interface ServerProcess {
  readonly port: number;
  readonly folder: string;
  /** Changes on a restart. */
  readonly processId: number;
  /** Stops all its threads, as if the machine had stalled. */
  freeze(): void;
  thaw(): void;
  /** Ends it without giving it a chance to say so. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port, in the same folder, after ending it if it still runs. */
  restart(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

// A busy machine takes long to start a program; a program that cannot start says so by ending.
const longestStart = 60_000;
const betweenTries = 20;
const mostAttempts = 20;

/** Starts a server on a free port. It ends with this process, however that ends. */
export async function startServerProcess(plan: ServerPlan): Promise<ServerProcess> {
  const folder = await mkdtemp(join(tmpdir(), "llmcache-"));
  let port = 0;
  let running: Running;
  try {
    running = await startOnFreePort();
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }

  async function startOnFreePort(): Promise<Running> {
    for (let attempt = 1; ; attempt++) {
      port = await freePort(plan.portOffsets);
      try {
        return await start(plan, port, folder);
      } catch (error) {
        // Somebody else took the port in between. That is the one failure that says nothing about the server.
        if (!isPortTaken(error) || attempt === mostAttempts) throw error;
      }
    }
  }

  const kill = () => end(running);
  return {
    get port() {
      return port;
    },
    folder,
    get processId() {
      return running.processId;
    },
    freeze: () => void running.child.kill("SIGSTOP"),
    thaw: () => void running.child.kill("SIGCONT"),
    kill,
    restart: async () => {
      await kill();
      running = await start(plan, port, folder);
    },
    stop: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Running {
  readonly child: ChildProcess;
  readonly processId: number;
  readonly ended: Promise<unknown>;
}

async function start(plan: ServerPlan, port: number, folder: string): Promise<Running> {
  const { file, args, environment } = await plan.launch({ port, folder });
  // The kernel ends the server when this process is gone, even after a SIGKILL.
  const child = spawn("setpriv", ["--pdeathsig", "KILL", file, ...args], {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output: Buffer[] = [];
  child.stdout.on("data", (piece: Buffer) => keepLast(output, piece));
  child.stderr.on("data", (piece: Buffer) => keepLast(output, piece));
  let failure: string | undefined;
  const ended = new Promise<void>((resolve) => {
    const because = (reason: string) => {
      failure = reason;
      resolve();
    };
    child.once("error", (error) => because(error.message));
    child.once("close", (code, signal) => because(`it ended with ${code ?? signal}`));
  });
  const running = { child, processId: child.pid ?? 0, ended };
  const text = () => Buffer.concat(output).toString("utf8");
  const deadline = performance.now() + longestStart;
  while (failure === undefined && performance.now() < deadline) {
    if (await plan.ready({ port, folder, output: text() }).catch(() => false)) return running;
    await wait(betweenTries);
  }
  const reason = failure ?? `it did not answer within ${longestStart} ms`;
  await end(running);
  throw new Error(`${plan.name} did not start, ${reason}:\n${text()}`);
}

async function end({ child, ended }: Running): Promise<void> {
  child.kill("SIGKILL");
  await ended;
}

/** As much as explains a failed start; a server that runs for long writes more than anybody reads. */
const mostPieces = 200;

function keepLast(output: Buffer[], piece: Buffer): void {
  output.push(piece);
  if (output.length > mostPieces) output.shift();
}
