import { Cache, memory, tiered } from "../../src/index.ts";

/** Leaves behind what may hold a process: a cache that nobody disposed of, a paced stream that nobody read on, a store that hangs. */
export async function leave(): Promise<void> {
  const cache = new Cache({ backend: tiered([memory(), memory()]), staleWhileRevalidate: 60, ttl: 60 });
  await cache.run({ operation: "chat", params: {} }, () => "answer");
  await cache.runStream({ operation: "chat", params: { stream: 1 } }, async function* chunks() {
    yield 1;
  });
  const { get, put, delete: remove } = memory();
  const hanging = { name: "hanging", get, put: () => new Promise<void>(() => undefined), delete: remove };
  await new Cache({ backend: hanging }).run({ operation: "chat", params: {} }, () => "answer");
  await put("k", new Uint8Array());
  const endedAt = performance.now();
  process.on("exit", () => console.log(`left after ${Math.round(performance.now() - endedAt)} ms`));
}
