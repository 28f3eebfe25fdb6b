import { ServerUnavailable } from "./server-unavailable.ts";

/** What is needed of the context that vitest hands to a test. */
export interface SkippableTest {
  skip(reason?: string): unknown;
  onTestFinished(stop: () => Promise<void>): void;
}

/** What every server here can do. */
export interface Stoppable {
  stop(): Promise<void>;
}

/**
 * Starts a server for one test and stops it when the test has finished. Where this machine cannot run it, the test is skipped with
 * the reason.
 */
export async function serverOrSkip<Server extends Stoppable>(
  test: SkippableTest,
  start: () => Promise<Server>,
): Promise<Server> {
  const shared = sharedServer(start);
  await shared.start();
  test.onTestFinished(shared.stop);
  return shared.orSkip(test);
}

/** One server for all tests of a file. */
export interface SharedServer<Server> {
  /** For `beforeAll`. It succeeds where the machine cannot run the server, for it is the tests that are skipped. */
  readonly start: () => Promise<void>;
  /** The server, or the end of a test that cannot run here. */
  orSkip(test: Pick<SkippableTest, "skip">): Server;
  /** For `afterAll`. */
  readonly stop: () => Promise<void>;
}

/**
 * Shares a server between the tests of a file:
 *
 *     const redis = sharedServer(() => startRedis());
 *     beforeAll(redis.start);
 *     afterAll(redis.stop);
 *     test("keeps an answer", async (context) => {
 *       const { url } = redis.orSkip(context);
 */
export function sharedServer<Server extends Stoppable>(start: () => Promise<Server>): SharedServer<Server> {
  let server: Server | undefined;
  let unavailable: ServerUnavailable | undefined;
  return {
    start: async () => {
      try {
        server = await start();
      } catch (error) {
        if (!(error instanceof ServerUnavailable)) throw error;
        unavailable = error;
      }
    },
    orSkip: (test) => {
      if (unavailable !== undefined) test.skip(unavailable.message);
      if (server === undefined) throw new Error("The server has not been started: call start() in beforeAll");
      return server;
    },
    stop: async () => {
      await server?.stop();
    },
  };
}
