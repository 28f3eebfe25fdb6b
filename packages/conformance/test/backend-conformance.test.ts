import { backendConformance, type BackendConformanceOptions, type ConformanceCheck } from "@llmcache/conformance";
import type { Backend } from "@llmcache/core";
import { describe, expect, test } from "vitest";
import { honestBackend } from "./honest-backend.ts";
import { mutants } from "./mutants/index.ts";
import { optionsFor } from "./mutants/mutant.ts";

/** Some lies are that nothing ever settles, and many checks wait at the same time. */
const timeout = 20_000;

const honest = optionsFor(honestBackend);

function checkNamed(name: string, options: BackendConformanceOptions): ConformanceCheck {
  const check = backendConformance(options).find((one) => one.name === name);
  if (check === undefined) throw new Error(`there is no check "${name}"`);
  return check;
}

describe.concurrent("an honest backend passes, and every check applies to it: it", { timeout }, () => {
  const lines: string[] = [];
  for (const { name, run } of backendConformance({ ...honest, log: (line) => lines.push(line) })) {
    test(name, async () => {
      await run();
      expect(lines.filter((line) => line.includes(name))).toEqual([]);
    });
  }
});

describe.concurrent("a backend that can only get, put and delete passes: it", { timeout }, () => {
  const bare = (): Backend => {
    const { name, get, put, delete: remove } = honestBackend(new Map());
    return { name, get, put, delete: remove };
  };
  for (const { name, run } of backendConformance({ create: bare, log: () => undefined })) test(name, run);
});

test("every check has a name of its own and a mutant, and every mutant is made for a check", () => {
  const names = backendConformance(honest).map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(Object.keys(mutants).toSorted()).toEqual(names.toSorted());
});

for (const [name, caught] of Object.entries(mutants)) {
  describe.concurrent(`"${name}" catches a backend that`, { timeout }, () => {
    test.each(caught)("$lie", async ({ options }) => {
      await expect(checkNamed(name, options).run()).rejects.toThrow();
    });
  });
}

describe("the suite", () => {
  test("says with the reason that a check does not apply, and passes it", async () => {
    const lines: string[] = [];
    const { swap: _swap, ...withoutSwap } = honestBackend(new Map());
    const options = { create: () => withoutSwap, log: (line: string) => lines.push(line) };
    await checkNamed("lets exactly one of 16 racing swaps win", options).run();
    await checkNamed("lists what another handle wrote", options).run();
    expect(lines).toEqual([
      "does not apply: lets exactly one of 16 racing swaps win (the backend has no swap)",
      "does not apply: lists what another handle wrote (no `reopen` option is given)",
    ]);
  });

  test("gives back each backend that was created, once, whether the check passed, failed or did not apply", async () => {
    const destroyed: string[] = [];
    const track = (name: string, overrides: Partial<Backend> = {}): BackendConformanceOptions => ({
      create: () => ({ ...honestBackend(new Map()), ...overrides, name }),
      destroy: (backend) => void destroyed.push(backend.name),
      log: () => undefined,
    });
    await checkNamed("keeps a mebibyte", track("passed")).run();
    await expect(
      checkNamed("keeps a mebibyte", track("failed", { put: async () => undefined })).run(),
    ).rejects.toThrow();
    await checkNamed("lists what another handle wrote", track("did not apply")).run();
    await checkNamed("can be disposed of more than once", track("released early")).run();
    expect(destroyed).toEqual(["passed", "failed", "did not apply", "released early"]);
  });

  test("disposes of the handles that it opened before it gives the backend back", async () => {
    const disposed: string[] = [];
    const named = (name: string) => ({
      ...honestBackend(new Map()),
      name,
      [Symbol.asyncDispose]: async () => void disposed.push(name),
    });
    const options = {
      create: () => named("created"),
      reopen: () => named("reopened"),
      failing: () => named("failing"),
    };
    // The two handles share no store, so the checks fail; the handles are disposed of all the same.
    await expect(checkNamed("lists what another handle wrote", options).run()).rejects.toThrow();
    expect(disposed).toEqual(["reopened", "created"]);
    const unreachable = Object.keys(mutants).find((name) => name.includes("a failure is not a miss")) ?? "";
    await expect(checkNamed(unreachable, options).run()).rejects.toThrow();
    expect(disposed).toEqual(["reopened", "created", "failing", "created"]);
  });

  test("reports a failing clean-up after a check that passed, and the check's own failure before it", async () => {
    const destroy = async () => {
      throw new Error("cannot clean up");
    };
    const { run } = checkNamed("keeps a mebibyte", { ...honest, destroy });
    await expect(run()).rejects.toThrow("cannot clean up");
    const lying = { create: () => ({ ...honestBackend(new Map()), get: async () => undefined }), destroy };
    await expect(checkNamed("keeps a mebibyte", lying).run()).rejects.toThrow("get of a large value");
  });

  test("uses new keys every time, so that backends may share a store", async () => {
    const store = new Map();
    const options = { create: () => honestBackend(store) };
    const { run } = checkNamed("resolves to undefined for a key that was never written", options);
    const other = checkNamed("lists what is there now: not what was deleted, and once what was overwritten", options);
    await other.run();
    await other.run();
    await run();
    expect(new Set([...store.keys()].map((key: string) => key.split("/")[1])).size).toBe(2);
  });

  test("refuses options that it does not know, and those that are no functions", () => {
    const create = () => honestBackend(new Map());
    const refused = (options: unknown) => () => backendConformance(options as BackendConformanceOptions);
    expect(refused({ create, setup: create })).toThrow(
      new TypeError('backendConformance: unknown option "setup"; known are create, destroy, reopen, failing, log'),
    );
    expect(refused({})).toThrow(new TypeError("backendConformance: create must be a function"));
    expect(refused({ create, log: true })).toThrow(new TypeError("backendConformance: log must be a function"));
    expect(refused(undefined)).toThrow(new TypeError("backendConformance: options must be an object"));
  });
});
