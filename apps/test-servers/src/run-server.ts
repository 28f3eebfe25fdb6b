import { spawn } from "node:child_process";
import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { untilParentEnds } from "./until-parent-ends.ts";

/** A program with its arguments, and what its environment has beyond that of this process. */
export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** What a server is given. */
export interface ServerPlace {
  readonly port: number;
  /** A folder of its own. */
  readonly folder: string;
}

/** A server to start. */
export interface ServerPlan {
  /** How errors call it. */
  readonly name: string;
  /** How it is started. */
  launch(place: ServerPlace): Launch | Promise<Launch>;
  /**
   * Whether it answers. Called until it does; what it throws counts as no. On its port another server may answer, which was faster to
   * take it: look into its folder, or at its `output`, first.
   */
  ready(started: ServerPlace & { readonly output: string }): Promise<boolean>;
  /** Further ports that it listens on, as distances from the first. @default none */
  readonly portOffsets?: readonly number[];
}

/** A server that was started and answered. */
export interface RunningServer {
  readonly processId: number;
  signal(signal: NodeJS.Signals): void;
  /** Ends it at once. Resolves when it is gone. */
  end(): Promise<void>;
}

// A busy machine takes long to start a program; a program that cannot start says so by ending.
const longestStart = 60_000;
const betweenTries = 20;

/** Starts a server and waits until it answers. @throws with all that it wrote, when it does not. */
export async function runServer(plan: ServerPlan, place: ServerPlace): Promise<RunningServer> {
  const { environment, ...launch } = await plan.launch(place);
  const { file, args } = untilParentEnds(launch);
  const child = spawn(file, args, {
    cwd: place.folder,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output: Buffer[] = [];
  child.stdout.on("data", (piece: Buffer) => keepLast(output, piece));
  child.stderr.on("data", (piece: Buffer) => keepLast(output, piece));
  let failure: string | undefined;
  const gone = new Promise<void>((resolve) => {
    const failed = (reason: string) => {
      failure = reason;
      resolve();
    };
    child.once("error", (error) => failed(error.message));
    child.once("close", (code, signal) => failed(`it ended with ${code ?? signal}`));
  });
  const end = async () => {
    child.kill("SIGKILL");
    await gone;
  };
  const written = () => Buffer.concat(output).toString("utf8");
  const deadline = performance.now() + longestStart;
  while (failure === undefined && performance.now() < deadline) {
    if (await plan.ready({ ...place, output: written() }).catch(() => false)) {
      return { processId: child.pid ?? 0, signal: (signal) => void child.kill(signal), end };
    }
    await wait(betweenTries);
  }
  const reason = failure ?? `it did not answer within ${longestStart} ms`;
  await end();
  throw new Error(`${plan.name} did not start, ${reason}:\n${written()}`);
}

/** As much as explains a failed start; a server that runs for long writes more than anybody reads. */
const mostPieces = 200;

function keepLast(output: Buffer[], piece: Buffer): void {
  output.push(piece);
  if (output.length > mostPieces) output.shift();
}
