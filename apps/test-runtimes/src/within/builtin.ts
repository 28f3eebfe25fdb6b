// Taken before anyone takes it away: what tests need is not what the member may use.
const { getBuiltinModule } = (globalThis.process as typeof globalThis.process | undefined) ?? {};

/** A module of Node's, for the tests. `undefined` where the runtime has none of that name. */
export function builtin(name: string): object | undefined {
  return getBuiltinModule?.(name);
}

/** Hides the runtime's own modules from the member, as if there were none: it hashes and compresses by what the Web has. */
export function hideBuiltins(): void {
  Object.defineProperty(globalThis.process, "getBuiltinModule", { value: undefined });
}
