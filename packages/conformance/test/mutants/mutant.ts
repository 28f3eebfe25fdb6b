import type { BackendConformanceOptions } from "@llmcache/conformance";
import type { Backend } from "@llmcache/core";
import { honestBackend, type Store, unreachableBackend } from "../honest-backend.ts";

/** A backend that lies in one respect, and how to run the suite on it. */
export interface Mutant {
  /** What it does wrong, as the end of a sentence that begins with "a backend that". */
  readonly lie: string;
  readonly options: BackendConformanceOptions;
}

/** For each check, by its name, the mutants that it must catch. */
export type Mutants = Readonly<Record<string, readonly Mutant[]>>;

type Honest = Required<Backend>;

/** How to run the suite on backends that are made by `make`, with every option given. */
export function optionsFor(make: (store: Store) => Backend): BackendConformanceOptions {
  const stores = new WeakMap<Backend, Store>();
  const open = (store: Store) => {
    const backend = make(store);
    stores.set(backend, store);
    return backend;
  };
  return {
    create: () => open(new Map()),
    reopen: (backend) => open(stores.get(backend) ?? new Map()),
    failing: () => unreachableBackend(),
    log: () => undefined,
  };
}

/** The honest backend with a few members replaced. The overrides are made anew for each handle. */
export function mutant(lie: string, overrides: (honest: Honest, store: Store) => Partial<Backend>): Mutant {
  const make = (store: Store) => {
    const honest = honestBackend(store);
    return { ...honest, ...overrides(honest, store) };
  };
  return { lie, options: optionsFor(make) };
}

/** An honest backend whose unreachable sibling lies. */
export function mutantWhenUnreachable(lie: string, overrides: Partial<Backend>): Mutant {
  return { lie, options: { ...optionsFor(honestBackend), failing: () => ({ ...unreachableBackend(), ...overrides }) } };
}

/** Runs what it is given one after another: what a lock does that only one process knows of. */
export function queue(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work);
    last = next.catch(() => undefined);
    return next;
  };
}
