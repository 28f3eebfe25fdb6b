import type { Backend } from "@llmcache/core";
import { askStores, type StorePing } from "./ping-stores.ts";

/** Kubernetes gives a probe one second, unless it is told otherwise. Half of it is left for the way there and back. */
const timeoutMs = 500;

/** Longer than an asking takes, so that there is one at a time, and shorter than one orchestrator's probes are apart. */
const sharedMs = 1_000;

/**
 * Makes what tells probes whether each store can be read. It always answers within half a second, and asks the stores once for all who want
 * to know within a second: whoever may probe cannot make the stores work more than that, and leaves nothing in them.
 *
 * @param clock in ms
 */
export function storeStates(
  stores: readonly Backend[],
  clock: () => number = () => performance.now(),
): () => Promise<readonly StorePing[]> {
  let last: { readonly askedAt: number; readonly states: Promise<readonly StorePing[]> } | undefined;
  return () => {
    const now = clock();
    if (last === undefined || now - last.askedAt >= sharedMs)
      last = { askedAt: now, states: askStores(stores, { ask: read, timeoutMs }) };
    return last.states;
  };
}

/** There is no such record. To say so takes a round trip. */
async function read(store: Backend, signal: AbortSignal): Promise<void> {
  await store.get("_ping/none", { signal });
}
