import assert from "node:assert/strict";
import type { Backend } from "@llmcache/core";
import { startHttpProxy } from "./http-proxy.ts";

/** One is enough, but for one that is handed back a moment late. */
const mostForOneCaller = 3;

/** What our clients open at most, besides those. */
const mostForMany = 50;

/** What `checkConnectionReuse` works on. */
export interface ReuseSubject {
  readonly backend: Backend;
  /** On the same client, and never answered but with an error. */
  readonly failing: Backend;
}

/**
 * Checks that a backend on HTTP uses its connections again after hits, misses, refused swaps, errors and listings, and opens few more for many callers.
 *
 * @param endpoint of the store
 * @param connect connects to the store by another address
 */
export async function checkConnectionReuse(
  endpoint: string,
  connect: (endpoint: string) => Promise<ReuseSubject>,
): Promise<void> {
  await using proxy = await startHttpProxy({ target: endpoint });
  const { backend, failing } = await connect(proxy.endpoint);
  try {
    await backend.put("a", new Uint8Array(300_000));
    for (let turn = 0; turn < 20; turn++) {
      await backend.get("a");
      await backend.get("missing");
      await backend.swap?.("a", undefined, Uint8Array.of(1));
      await backend.swap?.("a", Uint8Array.of(2), Uint8Array.of(1));
      await assert.rejects(failing.get("a"));
      for await (const key of backend.list?.("") ?? []) assert.equal(key, "a");
      await backend.deleteMany?.(["b", "c"]);
    }
    const before = proxy.connections();
    assertAtMost(before, mostForOneCaller);
    await Promise.all(Array.from({ length: 300 }, () => backend.get("a")));
    assertAtMost(proxy.connections() - before, mostForMany);
  } finally {
    await backend[Symbol.asyncDispose]?.();
  }
}

function assertAtMost(connections: number, most: number): void {
  assert.ok(connections <= most, `it opened ${connections} connections, and may open ${most}`);
}
