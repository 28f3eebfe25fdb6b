import { type ConformanceCheck, semanticConformance, type SemanticConformanceOptions } from "@llmcache/conformance";
import { describe, expect, test } from "vitest";
import { honestSemanticBackend, newStore } from "./honest-semantic-backend.ts";
import { semanticMutants } from "./semantic-mutants/index.ts";
import { optionsFor } from "./semantic-mutants/mutant.ts";

/** Some lies are that nothing ever settles, and many checks wait at the same time. */
const timeout = 20_000;

const honest = optionsFor(honestSemanticBackend);

function checkNamed(name: string, options: SemanticConformanceOptions): ConformanceCheck {
  const check = semanticConformance(options).find((one) => one.name === name);
  if (check === undefined) throw new Error(`there is no check "${name}"`);
  return check;
}

describe.concurrent("an honest backend passes, and every check applies to it: it", { timeout }, () => {
  const lines: string[] = [];
  for (const { name, run } of semanticConformance({ ...honest, log: (line) => lines.push(line) })) {
    test(name, async () => {
      await run();
      expect(lines.filter((line) => line.includes(name))).toEqual([]);
    });
  }
});

describe.concurrent("a backend that only has what it must passes: it", { timeout }, () => {
  const bare = () => {
    const { name, dimensions, get, put, delete: remove, nearest } = honestSemanticBackend(newStore());
    return { name, dimensions, get, put, delete: remove, nearest };
  };
  for (const { name, run } of semanticConformance({ create: bare, log: () => undefined })) test(name, run);
});

test("every check has a name of its own and a mutant, and every mutant is made for a check", () => {
  const names = semanticConformance(honest).map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(Object.keys(semanticMutants).toSorted()).toEqual(names.toSorted());
});

for (const [name, caught] of Object.entries(semanticMutants)) {
  describe.concurrent(`"${name}" catches a backend that`, { timeout }, () => {
    test.each(caught)("$lie", async ({ options }) => {
      await expect(checkNamed(name, options).run()).rejects.toThrow();
    });
  });
}

test("an approximate search may miss two in a hundred, an exact one none", { timeout }, async () => {
  const name = "finds what comparing every vector finds";
  const leaky = (forgotten: number) =>
    optionsFor((store) => {
      const backend = honestSemanticBackend(store);
      let count = 0;
      return {
        ...backend,
        put: async (key, value, options) => {
          const isForgotten = count++ % forgotten === 0;
          await backend.put(key, value, isForgotten ? { ...options, embedding: undefined } : options);
        },
      };
    });
  await checkNamed(name, { ...leaky(120), search: "approximate" }).run();
  await expect(checkNamed(name, leaky(120)).run()).rejects.toThrow("recall");
  await expect(checkNamed(name, { ...leaky(10), search: "approximate" }).run()).rejects.toThrow("recall");
});

test("the suite refuses options that it does not know, and values of another kind", () => {
  const create = () => honestSemanticBackend(newStore());
  const refused = (options: unknown) => () => semanticConformance(options as SemanticConformanceOptions);
  expect(refused({ create, search: "fast" })).toThrow(
    new TypeError('semanticConformance: search must be "exact" or "approximate"'),
  );
  expect(refused({ create, setup: create })).toThrow("unknown option");
  expect(refused({})).toThrow(new TypeError("semanticConformance: create must be a function"));
});
