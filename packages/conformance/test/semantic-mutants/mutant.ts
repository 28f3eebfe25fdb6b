import type { SemanticConformanceOptions } from "@llmcache/conformance";
import type { NearestEntry, SemanticBackend } from "@llmcache/core";
import {
  honestSemanticBackend,
  type HonestSemanticBackend,
  newStore,
  type SemanticStore,
  unreachableSemanticBackend,
} from "../honest-semantic-backend.ts";

/** A backend that lies in one respect, and how to run the suite on it. */
interface Mutant {
  /** What it does wrong, as the end of a sentence that begins with "a backend that". */
  readonly lie: string;
  readonly options: SemanticConformanceOptions;
}

/** For each check, by its name, the mutants that it must catch. */
export type Mutants = Readonly<Record<string, readonly Mutant[]>>;

type Make = (store: SemanticStore, dimensions?: number) => SemanticBackend;

/** How to run the suite on backends that are made by `make`, with every option given. */
export function optionsFor(make: Make): SemanticConformanceOptions {
  const stores = new WeakMap<SemanticBackend, SemanticStore>();
  const open = (store: SemanticStore, dimensions?: number) => {
    const backend = make(store, dimensions);
    stores.set(backend, store);
    return backend;
  };
  const storeOf = (backend: SemanticBackend) => stores.get(backend) ?? newStore();
  return {
    create: () => open(newStore()),
    reopen: (backend) => open(storeOf(backend)),
    reopenWith: (backend, dimensions) => open(storeOf(backend), dimensions),
    failing: () => unreachableSemanticBackend(),
    log: () => undefined,
  };
}

/** The honest backend with a few members replaced. The overrides are made anew for each handle. */
export function mutant(
  lie: string,
  overrides: (honest: HonestSemanticBackend, store: SemanticStore) => Partial<SemanticBackend>,
): Mutant {
  const make: Make = (store, dimensions) => {
    const honest = honestSemanticBackend(store, dimensions);
    return { ...honest, ...overrides(honest, store) };
  };
  return { lie, options: optionsFor(make) };
}

/** A backend whose search gives what `change` makes of what an honest one gives. */
export function searchMutant(
  lie: string,
  change: (found: NearestEntry[], store: SemanticStore, limit: number) => NearestEntry[],
  ask: (options: Parameters<SemanticBackend["nearest"]>[2]) => Parameters<SemanticBackend["nearest"]>[2] = (options) =>
    options,
): Mutant {
  return mutant(lie, (honest, store) => ({
    nearest: async (scope, vector, options) =>
      change(await honest.nearest(scope, vector, ask(options)), store, options.limit),
  }));
}

/** An honest backend whose unreachable sibling lies. */
export function mutantWhenUnreachable(lie: string, overrides: Partial<SemanticBackend>): Mutant {
  const failing = () => ({ ...unreachableSemanticBackend(), ...overrides });
  return { lie, options: { ...optionsFor(honestSemanticBackend), failing } };
}
