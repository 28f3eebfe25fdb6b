import type { Backend } from "@llmcache/core";

/** What a check works on: one backend, made for this run of the check alone. */
export interface Trial {
  readonly backend: Backend;
  /** What every key of this run starts with, before a slash. */
  readonly root: string;
  /** A key that no other check, and no other run of this one, uses. */
  key(name: string): string;
  /** Gives the backend back before the check has ended: `destroy` is not called again. */
  release(): Promise<void>;
  /** A second handle on the same store. @throws {DoesNotApply} */
  reopen(): Promise<Backend>;
  /** A backend whose store cannot be reached. @throws {DoesNotApply} */
  failing(): Promise<Backend>;
}

/** A check as the suite keeps it, before it is bound to the options of a run. */
export interface Check {
  /** A sentence about what a backend does. */
  readonly name: string;
  readonly run: (trial: Trial) => Promise<void>;
}

/** Thrown where a check finds that it has nothing to judge. `message` says why, as the end of a sentence. */
export class DoesNotApply extends Error {}

type Capability = Exclude<keyof Backend, "name" | "get" | "put" | "delete">;

/** The backend, as one that has a capability. @throws {DoesNotApply} where it lacks one. */
export function having<C extends Capability>(backend: Backend, capability: C): Backend & Required<Pick<Backend, C>> {
  if (backend[capability] === undefined) throw new DoesNotApply(`the backend has no ${nameOf(capability)}`);
  return backend as Backend & Required<Pick<Backend, C>>;
}

function nameOf(capability: Capability): string {
  return typeof capability === "symbol" ? "Symbol.asyncDispose" : capability;
}
