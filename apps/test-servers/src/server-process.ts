import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ClaimedPort, claimPort, isPortTaken } from "./claim-port.ts";
import { type RunningServer, runServer, type ServerPlan } from "./run-server.ts";

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
  /** Ends it, gives up its port and removes its folder. */
  stop(): Promise<void>;
}

/** Starts a server on a free port, in a folder of its own. It ends with this process, however that ends. */
export async function startServerProcess(plan: ServerPlan): Promise<ServerProcess> {
  const folder = await mkdtemp(join(tmpdir(), "llmcache-"));
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  const started = await runOnFreePort(plan, folder).catch(async (error: unknown) => {
    await removeFolder();
    throw error;
  });
  const { port, release } = started.claim;
  let { running } = started;
  return {
    port,
    folder,
    get processId() {
      return running.processId;
    },
    freeze: () => running.signal("SIGSTOP"),
    thaw: () => running.signal("SIGCONT"),
    kill: () => running.end(),
    restart: async () => {
      await running.end();
      running = await runServer(plan, { port, folder });
    },
    stop: async () => {
      await running.end();
      release();
      await removeFolder();
    },
  };
}

const mostAttempts = 20;

async function runOnFreePort(
  plan: ServerPlan,
  folder: string,
): Promise<{ readonly running: RunningServer; readonly claim: ClaimedPort }> {
  for (let attempt = 1; ; attempt++) {
    const claim = await claimPort(plan.portOffsets);
    try {
      return { running: await runServer(plan, { port: claim.port, folder }), claim };
    } catch (error) {
      claim.release();
      // That somebody took the port nevertheless is the one failure that says nothing about the server.
      if (!isPortTaken(error) || attempt === mostAttempts) throw error;
    }
  }
}
