import { type Backend, isLlmCacheError, untilAborted } from "@llmcache/core";

/** What became of a round trip to a store. */
export interface StorePing {
  readonly name: string;
  readonly ok: boolean;
  readonly ms: number;
  /** A code or the class of what went wrong. Never what a store's client says of itself: that may name accounts. */
  readonly error?: string | undefined;
}

const timeoutMs = 5_000;

/** Writes, reads and removes a record in each store, all at the same time. */
export function pingStores(stores: readonly Backend[]): Promise<StorePing[]> {
  return Promise.all(stores.map(pingStore));
}

async function pingStore(store: Backend): Promise<StorePing> {
  const startedAt = performance.now();
  const done = (error?: string) => ({
    ...{ name: store.name, ok: error === undefined, ms: Math.round((performance.now() - startedAt) * 10) / 10 },
    ...(error !== undefined && { error }),
  });
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    await untilAborted(roundTrip(store, signal), signal);
    return done();
  } catch (error) {
    return done(nameOf(error));
  }
}

async function roundTrip(store: Backend, signal: AbortSignal): Promise<void> {
  // Core's own records begin so: no entry of a caller's can be meant.
  const key = `_ping/${crypto.randomUUID()}`;
  const written = crypto.getRandomValues(new Uint8Array(16));
  await store.put(key, written, { signal, expiresAt: Date.now() + 60_000 });
  const found = await store.get(key, { signal });
  await store.delete(key, { signal });
  if (found === undefined || Buffer.compare(found, written) !== 0) throw new RangeError("other bytes came back");
}

function nameOf(error: unknown): string {
  if (isLlmCacheError(error)) return error.code;
  if (!(error instanceof Error)) return "failed";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}
