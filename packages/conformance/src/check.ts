import type { Backend } from "@llmcache/core";

/** What a check works on: one backend, made for this run of the check alone. */
export interface Trial<B extends Backend = Backend> {
  readonly backend: B;
  /** What every key of this run starts with, before a slash. */
  readonly root: string;
  /** A key that no other check, and no other run of this one, uses. */
  key(name: string): string;
  /** Gives the backend back before the check has ended: `destroy` is not called again. */
  release(): Promise<void>;
  /** Makes a handle that is disposed of when the check has ended. */
  open<Handle extends Backend>(make: () => Handle | Promise<Handle>): Promise<Handle>;
  /** A second handle on the same store. @throws {DoesNotApply} */
  reopen(): Promise<B>;
  /** A backend whose store cannot be reached. @throws {DoesNotApply} */
  failing(): Promise<B>;
}

/** A check as the suite keeps it, before it is bound to the options of a run. */
export interface Check<T extends Trial = Trial> {
  /** A sentence about what a backend does. */
  readonly name: string;
  readonly run: (trial: T) => Promise<void>;
}

/** Thrown where a check finds that it has nothing to judge. `message` says why, as the end of a sentence. */
export class DoesNotApply extends Error {}

type Capability = Exclude<keyof Backend, "name" | "get" | "put" | "delete">;

/** The backend, as one that has a capability. @throws {DoesNotApply} where it lacks one. */
export function having<B extends Backend, C extends Capability>(backend: B, capability: C): B & Required<Pick<B, C>> {
  if (backend[capability] === undefined) throw new DoesNotApply(`the backend has no ${nameOf(capability)}`);
  return backend as B & Required<Pick<B, C>>;
}

function nameOf(capability: Capability): string {
  return typeof capability === "symbol" ? "Symbol.asyncDispose" : capability;
}
