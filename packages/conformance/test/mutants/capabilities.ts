import { LlmCacheError, type SemanticBackend } from "@llmcache/core";
import { mutant, type Mutants } from "./mutant.ts";

const unsupported = async () => {
  throw new LlmCacheError("UNSUPPORTED", "not here");
};

export const capabilityMutants: Mutants = {
  "has a name, and get, put and delete": [
    mutant("has an empty name", () => ({ name: "" })),
    mutant("has no delete", () => ({ delete: undefined as never })),
  ],
  "has each capability as a method or a number, or does not have it at all": [
    mutant("has a swap that is undefined", () => ({ swap: undefined as never })),
    mutant("says with a boolean that it can list", () => ({ list: true as never })),
    mutant("has null in place of getMany", () => ({ getMany: null as never })),
    mutant("gives maxValueBytes as a string", () => ({ maxValueBytes: "1024" as never })),
    mutant("gives NaN as its expiryGranularityMs", () => ({ expiryGranularityMs: Number.NaN })),
  ],
  "has nearest and dimensions together, or neither": [
    mutant("has dimensions and no nearest", () => ({ dimensions: 3 }) as Partial<SemanticBackend>),
    mutant("has nearest and no dimensions", () => ({ nearest: async () => [] }) as Partial<SemanticBackend>),
  ],
  "has no method that only stands in for a capability it lacks": [
    mutant("has a deleteMany that is always UNSUPPORTED", () => ({ deleteMany: unsupported })),
    mutant("has a swap that is always UNSUPPORTED", () => ({ swap: unsupported })),
    mutant("has a list that throws", () => ({
      list: () => {
        throw new Error("not implemented");
      },
    })),
  ],
  "answers every operation with a promise, and list with an async iterable": [
    mutant("answers get with the bytes themselves", () => ({ get: (() => new Uint8Array()) as never })),
    mutant("answers put with nothing", (honest) => ({
      put: ((...given: Parameters<typeof honest.put>) => void honest.put(...given).catch(() => undefined)) as never,
    })),
    mutant("answers list with an array", () => ({ list: (() => []) as never })),
  ],
  "takes a report callback in every operation, and tells it only well-formed events": [
    mutant("reports events that do not name their backend", (honest) => ({
      get: async (key, options) => {
        options?.report?.({ type: "served", key } as never);
        return honest.get(key, options);
      },
    })),
    mutant("reports a breaker in a state of its own", (honest) => ({
      put: async (key, value, options) => {
        options?.report?.({ type: "breaker", backend: "liar", operations: "writes", state: "ajar" as never });
        return honest.put(key, value, options);
      },
    })),
    mutant("reports events of a type of its own", (honest) => ({
      put: async (key, value, options) => {
        options?.report?.({ type: "written", backend: "liar", key } as never);
        return honest.put(key, value, options);
      },
    })),
    mutant("refuses options that it does not use", (honest) => ({
      delete: async (key, options) =>
        options?.report ? Promise.reject(new TypeError("unknown option")) : honest.delete(key, options),
    })),
  ],
  "stores an entry with an embedding like any other when it has no nearest": [
    mutant("refuses an embedding", (honest) => ({
      put: async (key, value, options) => (options?.embedding ? unsupported() : honest.put(key, value, options)),
    })),
    mutant("leaves out entries with an embedding", (honest) => ({
      put: async (key, value, options) => (options?.embedding ? undefined : honest.put(key, value, options)),
    })),
  ],
  "answers a ping as long as its store is there": [
    mutant("rejects a ping", () => ({ ping: () => Promise.reject(new Error("PONG expected")) })),
    mutant("rejects a ping that has a signal", () => ({
      ping: async (options) => {
        if (options?.signal) throw new Error("signals are not supported");
      },
    })),
  ],
  "can be disposed of more than once": [
    mutant("rejects its second disposal", () => {
      let disposed = false;
      return {
        async [Symbol.asyncDispose]() {
          if (disposed) throw new Error("connection is closed");
          disposed = true;
        },
      };
    }),
  ],
};
