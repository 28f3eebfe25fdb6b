const native = globalThis.setImmediate as typeof globalThis.setImmediate | undefined;

/** Node's `setImmediate`, by which tests wait for whatever can go on. */
export const setImmediate = native ?? ((callback: () => void) => setTimeout(callback, 0));
