import { expect, test } from "vitest";
import { serverOrSkip, ServerUnavailable, sharedServer } from "../src/index.ts";

const unavailable = () => Promise.reject(new ServerUnavailable("needs Redis 8: there is no apt"));
const broken = () => Promise.reject(new Error("Redis did not start"));

test("a server of one test is stopped when the test has finished", async () => {
  const { test: context, finish } = contextOf();
  const server = countingServer();
  expect(await serverOrSkip(context, () => Promise.resolve(server))).toBe(server);
  expect(server.stops).toBe(0);
  await finish();
  expect(server.stops).toBe(1);
});

test("a server that cannot run here skips the test with the reason", async () => {
  const { test: context } = contextOf();
  await expect(serverOrSkip(context, unavailable)).rejects.toThrow("skipped: needs Redis 8: there is no apt");
});

test("a server that fails to start fails the test", async () => {
  const { test: context } = contextOf();
  await expect(serverOrSkip(context, broken)).rejects.toThrow("Redis did not start");
});

test("a server of a file is started and stopped once, and skips each test where it cannot run", async () => {
  const { test: context } = contextOf();
  const server = countingServer();
  const shared = sharedServer(() => Promise.resolve(server));
  expect(() => shared.orSkip(context)).toThrow("call start() in beforeAll");
  await shared.start();
  expect([shared.orSkip(context), shared.orSkip(context)]).toEqual([server, server]);
  await shared.stop();
  expect(server.stops).toBe(1);

  const missing = sharedServer(unavailable);
  await missing.start();
  expect(() => missing.orSkip(context)).toThrow("skipped: needs Redis 8");
  await missing.stop();
  await expect(sharedServer(broken).start()).rejects.toThrow("Redis did not start");
});

function countingServer() {
  return {
    stops: 0,
    async stop() {
      this.stops++;
    },
  };
}

/** A context that ends a test as vitest's does: with an exception. */
function contextOf() {
  const finishers: (() => Promise<void>)[] = [];
  return {
    test: {
      skip: (reason?: string) => {
        throw new Error(`skipped: ${reason}`);
      },
      onTestFinished: (finisher: () => Promise<void>) => void finishers.push(finisher),
    },
    finish: () => Promise.all(finishers.map((finisher) => finisher())),
  };
}
