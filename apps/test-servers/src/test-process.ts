import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

/** A program of a test's own in a process of its own, which answers messages. */
export interface TestProcess {
  readonly child: ChildProcess;
  /** Sends it a message. Resolves to the next one that it sends. @throws when it ends before */
  ask<Answer>(message: unknown): Promise<Answer>;
}

/** Who tells when a test has finished: vitest, or the context of a test. */
interface Finishing {
  onTestFinished(work: () => void): void;
}

/**
 * Starts one of a test's programs, a TypeScript file of the workspace, and waits for its first message, by which it says that it is ready.
 * It is killed when the test has finished, if it has not ended by itself.
 *
 * @throws when it ends before
 */
export async function startTestProcess(path: string, { onTestFinished }: Finishing): Promise<TestProcess> {
  const child = fork(path, { execArgv: ["--conditions=@llmcache/source", "--disable-warning=ExperimentalWarning"] });
  onTestFinished(() => void (child.exitCode === null && child.kill("SIGKILL")));
  const ended = once(child, "exit").then(([code, signal]) =>
    Promise.reject(new Error(`${path} ended with ${String(code ?? signal)} in place of an answer`)),
  );
  // Most end when nobody waits for an answer any more.
  ended.catch(() => undefined);
  const nextMessage = async () => ((await Promise.race([once(child, "message"), ended])) as unknown[])[0];
  await nextMessage();
  return {
    child,
    async ask<Answer>(message: unknown) {
      const answer = nextMessage();
      child.send(message as object);
      return (await answer) as Answer;
    },
  };
}
