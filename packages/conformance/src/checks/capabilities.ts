import type { BackendEvent, SemanticBackend } from "@llmcache/core";
import { type Check, DoesNotApply, having } from "../check.ts";
import { describe, expect, expectBytes, fail } from "../expect.ts";
import { everyOperation } from "../operations.ts";
import { textBytes } from "../sample-bytes.ts";

const optionalMethods = [
  "swap",
  "getMany",
  "putMany",
  "deleteMany",
  "list",
  "ping",
  "nearest",
  Symbol.asyncDispose,
] as const;

/** The least that each number may be. */
const optionalNumbers = { maxValueBytes: 1, expiryGranularityMs: 0, dimensions: 1 } as const;

/** What a backend says that it is, and whether that is so. */
export const capabilityChecks: readonly Check[] = [
  {
    name: "has a name, and get, put and delete",
    async run({ backend }) {
      expect(
        typeof backend.name === "string" && backend.name !== "",
        `name: expected a string, received ${describe(backend.name)}`,
      );
      for (const method of ["get", "put", "delete"] as const) {
        expect(
          typeof backend[method] === "function",
          `${method}: expected a method, received ${describe(backend[method])}`,
        );
      }
    },
  },
  {
    name: "has each capability as a method or a number, or does not have it at all",
    async run({ backend }) {
      const members = backend as Partial<SemanticBackend>;
      for (const method of optionalMethods) {
        if (!(method in backend)) continue;
        const what = `${String(method)}: expected a method, or that it is absent`;
        expect(typeof members[method] === "function", `${what}, received ${describe(members[method])}`);
      }
      for (const [number, least] of Object.entries(optionalNumbers)) {
        if (!(number in backend)) continue;
        const given: unknown = members[number as keyof typeof optionalNumbers];
        const what = `${number}: expected a number from ${least}, or that it is absent`;
        expect(typeof given === "number" && given >= least, `${what}, received ${describe(given)}`);
      }
    },
  },
  {
    name: "has nearest and dimensions together, or neither",
    async run({ backend }) {
      const both = ["nearest", "dimensions"].filter((member) => member in backend);
      expect(both.length !== 1, `expected nearest and dimensions together, received only ${both[0]}`);
    },
  },
  {
    name: "has no method that only stands in for a capability it lacks",
    async run({ backend, key }) {
      for (const { name, run } of everyOperation(backend, key("stand-in"))) {
        try {
          await run({});
        } catch (error) {
          fail(`${name}: expected that it works, or is absent, but it rejects with ${describe(error)}`);
        }
      }
    },
  },
  {
    name: "answers every operation with a promise, and list with an async iterable",
    async run({ backend, key }) {
      for (const { name, call } of everyOperation(backend, key("promise"))) {
        const answer = call({}) as Promise<unknown> & AsyncIterable<unknown>;
        const way = name === "list" ? Symbol.asyncIterator : "then";
        expect(
          typeof answer?.[way] === "function",
          `${name}: expected ${name === "list" ? "an async iterable" : "a promise"}, received ${describe(answer)}`,
        );
        await answer;
      }
    },
  },
  {
    name: "takes a report callback in every operation, and tells it only well-formed events",
    async run({ backend, key }) {
      const events: BackendEvent[] = [];
      const report = (event: BackendEvent) => void events.push(event);
      for (const { run } of everyOperation(backend, key("reported"))) await run({ report });
      for (const event of events) checkEvent(event);
    },
  },
  {
    name: "stores an entry with an embedding like any other when it has no nearest",
    async run({ backend, key }) {
      if ("nearest" in backend) throw new DoesNotApply("the backend has nearest");
      const embedding = { scope: "Grüße/你好", vector: new Float32Array([1, 0, 0]) };
      await backend.put(key("embedded"), textBytes("answer"), { embedding });
      expectBytes(await backend.get(key("embedded")), textBytes("answer"), "get after a put with an embedding");
    },
  },
  {
    name: "answers a ping as long as its store is there",
    async run({ backend }) {
      const store = having(backend, "ping");
      await store.ping();
      await store.ping({ signal: new AbortController().signal });
    },
  },
  {
    name: "can be disposed of more than once",
    async run({ backend, release }) {
      const store = having(backend, Symbol.asyncDispose);
      await release();
      for (let time = 0; time < 2; time++) {
        await store[Symbol.asyncDispose]().catch((error: unknown) =>
          fail(`disposal, once more: expected it to resolve, but it rejects with ${describe(error)}`),
        );
      }
    },
  },
];

/** What each type of event has beside its backend: any text, or one of a few words. */
const eventMembers: Record<BackendEvent["type"], Readonly<Record<string, "any" | readonly string[]>>> = {
  served: { key: "any" },
  evicted: { key: "any" },
  dropped: { key: "any" },
  breaker: { operations: ["reads", "writes"], state: ["open", "half-open", "closed"] },
  failed: { operation: "any" },
};

function checkEvent(event: BackendEvent): void {
  const { type } = event;
  expect(
    Object.hasOwn(eventMembers, type),
    `report: expected a type of event that the contract knows, received ${describe(type)}`,
  );
  for (const [member, allowed] of Object.entries({ backend: "any", ...eventMembers[type] })) {
    const value = (event as unknown as Record<string, unknown>)[member];
    const isAllowed = typeof value === "string" && (allowed === "any" ? value !== "" : allowed.includes(value));
    expect(isAllowed, `report: expected a "${type}" event with its ${member}, received ${describe(value)}`);
  }
}
