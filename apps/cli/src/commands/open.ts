import type { Backend, BackendEvent, OperationOptions } from "@llmcache/core";
import type { Surroundings } from "../command.ts";
import { openStore } from "../store/open-store.ts";
import { parseStoreUrl } from "../store/store-url.ts";

/** A store that a command works on. */
export interface OpenedStore extends AsyncDisposable {
  readonly backend: Backend;
  /** What every operation on it is given. */
  readonly options: OperationOptions;
  /** Its URL without credentials. */
  readonly label: string;
}

/** Opens a store for a command: what the store reports is shown, once for each kind. */
export async function open(
  url: string,
  { terminal, signal }: Pick<Surroundings, "terminal" | "signal">,
  { create }: { readonly create: boolean } = { create: false },
): Promise<OpenedStore> {
  const { label } = parseStoreUrl(url);
  const backend = await openStore(url, { create });
  const told = new Set<string>();
  const report = (event: BackendEvent) => {
    const text = explain(event);
    if (text === undefined || told.has(text)) return;
    told.add(text);
    terminal.note(`${label}: ${text}`);
  };
  return {
    backend,
    options: { signal, report },
    label,
    [Symbol.asyncDispose]: async () => backend[Symbol.asyncDispose]?.(),
  };
}

function explain(event: BackendEvent): string | undefined {
  if (event.type === "evicted") return "it is full, and drops entries to make room for others";
  if (event.type === "failed" || event.type === "dropped")
    return event.error instanceof Error ? event.error.message : "something failed in it";
  return undefined;
}
