import { mutantWhenUnreachable, type Mutants } from "./mutant.ts";

export const failureMutants: Mutants = {
  "rejects every operation when its store cannot be reached: a failure is not a miss": [
    mutantWhenUnreachable("finds nothing when its store is gone", { get: async () => undefined }),
    mutantWhenUnreachable("finds nothing in a batch when its store is gone", {
      getMany: async (keys) => keys.map(() => undefined),
    }),
    mutantWhenUnreachable("resolves a put when its store is gone", { put: async () => undefined }),
    mutantWhenUnreachable("resolves a delete when its store is gone", { delete: async () => undefined }),
    mutantWhenUnreachable("resolves a swap to false when its store is gone", { swap: async () => false }),
    mutantWhenUnreachable("resolves putMany when its store is gone", { putMany: async () => undefined }),
    mutantWhenUnreachable("resolves deleteMany when its store is gone", { deleteMany: async () => undefined }),
    mutantWhenUnreachable("lists nothing when its store is gone", { async *list() {} }),
    mutantWhenUnreachable("answers a ping when its store is gone", { ping: async () => undefined }),
    mutantWhenUnreachable("throws at once when its store is gone", {
      get: () => {
        throw new Error("connection refused");
      },
    }),
    mutantWhenUnreachable("rejects with nothing that tells why", {
      get: async () => {
        const reason: unknown = "failed";
        throw reason;
      },
    }),
  ],
};
