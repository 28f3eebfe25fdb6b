import type { Backend, SemanticBackend } from "./backend.ts";

/** What a wrapper around `B` has: exactly the capabilities of `B` that the contract knows. */
export type Decorated<B extends Backend> = Pick<B, keyof B & keyof SemanticBackend>;

/** What a wrapper does otherwise, or, where it is `undefined`, not at all. */
export type Overrides = { readonly [Member in keyof SemanticBackend]?: SemanticBackend[Member] | undefined };

const members = [
  "name",
  "maxValueBytes",
  "expiryGranularityMs",
  "dimensions",
  "get",
  "put",
  "delete",
  "swap",
  "getMany",
  "putMany",
  "deleteMany",
  "list",
  "ping",
  "nearest",
  Symbol.asyncDispose,
] as const satisfies readonly (keyof SemanticBackend)[];

/** Set on a backend that needs no deadline and no breaker from outside, because its members have their own or it cannot hang. */
const selfGuarded = Symbol.for("llmcache.self-guarded");

/** Set on a backend that answers at once. */
const immediate = Symbol.for("llmcache.immediate");

/** Set on a backend whose entries live in this process alone. */
const local = Symbol.for("llmcache.local");

/**
 * A backend around a backend: has what `inner` has, some of it overridden. An override of a capability that `inner` lacks
 * is left out, so that a wrapper never promises more than the store keeps; an override that is `undefined` removes one.
 */
export function decorate<B extends Backend>(inner: B, overrides: Overrides): Decorated<B> {
  const decorated: Record<PropertyKey, unknown> = {};
  const source = inner as Partial<SemanticBackend>;
  for (const member of members) {
    const own = source[member];
    const value = member in overrides ? overrides[member] : own;
    if (own === undefined || value === undefined) continue;
    decorated[member] = typeof value === "function" ? value.bind(inner) : value;
  }
  if (isSelfGuarded(inner)) markSelfGuarded(decorated);
  if (isLocal(inner)) markLocal(decorated);
  return decorated as Decorated<B>;
}

/** Says that only this process sees what a backend holds. */
export function markLocal<Target extends object>(backend: Target): Target {
  return Object.defineProperty(backend, local, { value: true });
}

/** Whether only this process sees what a backend holds. */
export function isLocal(backend: object): boolean {
  return local in backend;
}

/** Says that no operation of a backend ever waits for anything. What is put around it may, so a wrapper does not inherit this. */
export function markImmediate<Target extends object>(backend: Target): Target {
  return Object.defineProperty(backend, immediate, { value: true });
}

/** Whether no operation of a backend ever waits for anything. */
export function isImmediate(backend: object): boolean {
  return immediate in backend;
}

/** Says that a backend brings its own guard. */
export function markSelfGuarded<Target extends object>(backend: Target): Target {
  return Object.defineProperty(backend, selfGuarded, { value: true });
}

/** Whether a backend brings its own guard. */
export function isSelfGuarded(backend: object): boolean {
  return selfGuarded in backend;
}
