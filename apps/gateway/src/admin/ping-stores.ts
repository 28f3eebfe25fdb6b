import { type Backend, isLlmCacheError, untilAborted } from "@llmcache/core";

/** What a store said when it was asked how it is. */
export interface StorePing {
  readonly name: string;
  readonly ok: boolean;
  readonly ms: number;
  /** A code or the class of what went wrong. Never what a store's client says of itself: that may name accounts. */
  readonly error?: string | undefined;
}

/** How a store is asked, and how long it may take. */
export interface Asking {
  readonly ask: (store: Backend, signal: AbortSignal) => Promise<void>;
  readonly timeoutMs: number;
}

/** Writes, reads and removes a record in each store, all at the same time. */
export function pingStores(stores: readonly Backend[]): Promise<StorePing[]> {
  return askStores(stores, { ask: roundTrip, timeoutMs: 5_000 });
}

/** Asks all stores at the same time. Never rejects. */
export function askStores(stores: readonly Backend[], asking: Asking): Promise<StorePing[]> {
  return Promise.all(stores.map((store) => askStore(store, asking)));
}

async function askStore(store: Backend, { ask, timeoutMs }: Asking): Promise<StorePing> {
  const startedAt = performance.now();
  const done = (error?: string) => ({
    ...{ name: store.name, ok: error === undefined, ms: Math.round((performance.now() - startedAt) * 10) / 10 },
    ...(error !== undefined && { error }),
  });
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    await untilAborted(ask(store, signal), signal);
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
