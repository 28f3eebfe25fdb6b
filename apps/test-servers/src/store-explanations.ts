import assert from "node:assert/strict";
import { type Backend, Cache, type CacheEvent } from "@llmcache/core";

/**
 * Checks that a store that cannot be used says what to do about it: each operation rejects with the message, and a cache on it answers a call
 * all the same and tells of one error.
 */
export async function checkExplanation(backend: Backend, message: RegExp): Promise<void> {
  const value = Uint8Array.of(1);
  await assert.rejects(backend.get("a"), { message });
  await assert.rejects(backend.put("a", value), { message });
  await assert.rejects(backend.delete("a"), { message });
  if (backend.swap) await assert.rejects(backend.swap("a", undefined, value), { message });
  if (backend.deleteMany) await assert.rejects(backend.deleteMany(["a", "b"]), { message });
  if (backend.list) await assert.rejects(backend.list("")[Symbol.asyncIterator]().next(), { message });
  if (backend.ping) await assert.rejects(backend.ping(), { message });

  const events: CacheEvent[] = [];
  await using cache = new Cache({ backend, readTimeout: 20, onEvent: (event) => events.push(event) });
  const call = { operation: "chat", params: { question: 1 } };
  const { value: answer, status } = await cache.run(call, async () => "answer", { noStore: true });
  assert.deepEqual([answer, status], ["answer", "miss"]);
  const errors = events.flatMap((event) => (event.type === "error" ? [event.error] : []));
  assert.deepEqual(
    errors.map(({ code, operation }) => [code, operation]),
    [["BACKEND_FAILED", "get"]],
  );
  assert.match(String(errors[0]?.cause), message);
}
