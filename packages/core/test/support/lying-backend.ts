import { type Backend, decorate, memory, type MemoryBackend } from "../../src/index.ts";

/** A memory backend, some of whose operations are replaced: they may throw, hang or lie. */
export function lyingBackend(
  lies: (honest: MemoryBackend) => Partial<Backend>,
  options: Parameters<typeof memory>[0] = {},
): Backend & { readonly honest: MemoryBackend } {
  const honest = memory({ name: "store", ...options });
  const { name, get, put, swap, list, maxValueBytes } = honest;
  // Built anew, so that it lacks memory's own promise never to hang and gets a guard like any store.
  const bare: Backend = { name, maxValueBytes, get, put, delete: honest.delete, swap, list };
  return Object.assign(decorate(bare, lies(honest)), { honest });
}

/** Never settles. */
export function forever(): Promise<never> {
  return new Promise(() => undefined);
}
