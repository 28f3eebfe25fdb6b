import type { Backend } from "./backend.ts";
import { type Decorated, decorate } from "./decorate.ts";
import { LlmCacheError } from "./errors.ts";

/** A store that this program must not change: every write and removal rejects with `UNSUPPORTED`, and nothing reaches the store. */
export function readOnly<B extends Backend>(inner: B): Omit<Decorated<B>, "swap"> & Backend {
  const refuse = async (): Promise<never> => {
    throw new LlmCacheError("UNSUPPORTED", `${inner.name} is read-only here`, { backend: inner.name });
  };
  const overrides = { put: refuse, delete: refuse, putMany: refuse, deleteMany: refuse, swap: undefined };
  return decorate<Backend>(inner, overrides) as Omit<Decorated<B>, "swap"> & Backend;
}
