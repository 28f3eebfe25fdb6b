import { expect, test } from "vitest";
import {
  type Backend,
  type BackendEvent,
  guarded,
  type GuardOptions,
  isLlmCacheError,
  LlmCacheError,
  memory,
} from "../src/index.ts";
import { fakeClock } from "./support/clock.ts";
import { forever, lyingBackend } from "./support/lying-backend.ts";
import { settle } from "./support/model.ts";

type Behaviour = () => Promise<Uint8Array | undefined>;

function setUp(options: GuardOptions = {}) {
  const clock = fakeClock();
  const state: { behaviour: Behaviour; reads: number } = { behaviour: async () => undefined, reads: 0 };
  const inner = lyingBackend(() => ({ get: () => (state.reads++, state.behaviour()) }));
  const backend = guarded(inner, { timeout: "20ms", clock, ...options });
  const states: string[] = [];
  const report = (event: BackendEvent) => event.type === "breaker" && states.push(`${event.operations} ${event.state}`);
  const read = (signal?: AbortSignal) => backend.get("k", { report, signal }).then(() => "answered", codeOf);
  return { backend, state, states, clock, read };
}

function codeOf(error: unknown): string {
  return isLlmCacheError(error) ? error.code : String(error instanceof Error ? error.message : error);
}

const fails = async (): Promise<never> => {
  throw new Error("down");
};

test("an operation that takes too long rejects with BACKEND_TIMEOUT, and its signal is aborted", async () => {
  let signal: AbortSignal | undefined;
  const hanging: Backend = { ...memory(), name: "slow", get: (_, options) => ((signal = options?.signal), forever()) };
  const error = await guarded(hanging, { timeout: "10ms" })
    .get("some/key")
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "BACKEND_TIMEOUT", backend: "slow", operation: "get", key: "some/key" });
  expect(signal?.reason).toBe(error);
});

test("five errors in a row open the breaker; a success in between starts the count again", async () => {
  const { state, states, read } = setUp();
  state.behaviour = fails;
  for (let failure = 0; failure < 4; failure++) expect(await read()).toBe("down");
  state.behaviour = async () => undefined;
  await read();
  state.behaviour = fails;
  for (let failure = 0; failure < 5; failure++) expect(await read()).toBe("down");
  expect(states).toEqual(["reads open"]);
  expect(await read()).toBe("BREAKER_OPEN");
  expect(state.reads).toBe(10);
});

test("two time-outs in a row open it", async () => {
  const { state, states, read } = setUp();
  state.behaviour = forever;
  expect([await read(), await read(), await read()]).toEqual(["BACKEND_TIMEOUT", "BACKEND_TIMEOUT", "BREAKER_OPEN"]);
  expect(states).toEqual(["reads open"]);
});

test("after a while one operation at a time probes: its failure opens the breaker again, its success closes it", async () => {
  const { state, states, clock, read } = setUp({ openFor: 5, maxErrors: 1 });
  state.behaviour = fails;
  await read();
  clock.advance(5);
  expect(await read()).toBe("down");
  expect(await read()).toBe("BREAKER_OPEN");
  clock.advance(5);
  const { promise, resolve } = Promise.withResolvers<undefined>();
  state.behaviour = () => promise;
  const probe = read();
  expect(await read()).toBe("BREAKER_OPEN");
  resolve(undefined);
  expect(await probe).toBe("answered");
  expect(await read()).toBe("answered");
  expect(states).toEqual(["reads open", "reads half-open", "reads open", "reads half-open", "reads closed"]);
});

test("a probe whose caller leaves lets another one try", async () => {
  const { state, clock, read } = setUp({ openFor: 5, maxErrors: 1, timeout: 5 });
  state.behaviour = fails;
  await read();
  clock.advance(5);
  state.behaviour = forever;
  const controller = new AbortController();
  const probe = read(controller.signal);
  controller.abort("left");
  expect(await probe).toBe("left");
  state.behaviour = async () => undefined;
  expect(await read()).toBe("answered");
});

test("the caller's aborts, UNSUPPORTED and bad entries never count", async () => {
  const { state, read } = setUp({ maxErrors: 1, maxTimeouts: 1, timeout: 5 });
  for (const code of ["UNSUPPORTED", "CORRUPT_ENTRY", "UNREADABLE_ENTRY"] as const) {
    state.behaviour = () => Promise.reject(new LlmCacheError(code, "not the store's fault"));
    expect(await read()).toBe(code);
  }
  state.behaviour = forever;
  const controller = new AbortController();
  const left = read(controller.signal);
  controller.abort("left");
  expect(await left).toBe("left");
  state.behaviour = async () => undefined;
  expect(await read()).toBe("answered");
});

test("a hang in reads is seen although writes succeed, and closes no writes", async () => {
  const { backend, state, read } = setUp();
  state.behaviour = forever;
  await read();
  await backend.put("k", new Uint8Array());
  await read();
  expect(await read()).toBe("BREAKER_OPEN");
  await expect(backend.put("k", new Uint8Array())).resolves.toBeUndefined();
});

test("a ping tries although the breaker is open, and its success closes it", async () => {
  let up = false;
  const inner: Backend = { ...memory(), get: fails, ping: async () => (up ? undefined : fails()) };
  const backend = guarded(inner, { maxErrors: 1 });
  await backend.get("k").catch(() => undefined);
  await expect(backend.ping?.()).rejects.toThrow("down");
  up = true;
  await backend.ping?.();
  await expect(backend.get("k")).rejects.toThrow("down");
});

test("a listing that hangs ends with a time-out for the step", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const inner: Backend = {
    ...memory(),
    async *list() {
      yield "first";
      await promise;
    },
  };
  const seen: string[] = [];
  const listing = async () => {
    for await (const key of guarded(inner, { writeTimeout: "20ms" }).list?.("") ?? []) seen.push(key);
  };
  await expect(listing()).rejects.toMatchObject({ code: "BACKEND_TIMEOUT", operation: "list" });
  expect(seen).toEqual(["first"]);
  resolve();
  await settle();
});

test.each<[string, object, RegExp]>([
  ["an unknown option", { timeOut: 5 }, /unknown option "timeOut"/],
  ["a negative timeout", { timeout: -1 }, /timeout must not be negative/],
  ["maxErrors of 0", { maxErrors: 0 }, /maxErrors must be a whole number above 0/],
])("%s is a TypeError that names it", (_, options, message) => {
  expect(() => guarded(memory(), options)).toThrow(message);
});
