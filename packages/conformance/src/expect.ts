/** Ends the check: the backend does not conform. */
export function fail(message: string): never {
  throw new Error(message);
}

/** Fails unless the condition holds. */
export function expect(condition: boolean, message: string): asserts condition {
  if (!condition) fail(message);
}

/** Passes for the same value, as `Object.is` compares. */
export function expectEqual(received: unknown, expected: unknown, what: string): void {
  if (!Object.is(received, expected)) fail(`${what}: expected ${describe(expected)}, received ${describe(received)}`);
}

/** Passes for `undefined` alone: neither `null` nor no bytes mean that a key is missing. */
export function expectMissing(received: unknown, what: string): void {
  expectEqual(received, undefined, what);
}

/** Passes for bytes that equal the expected ones. */
export function expectBytes(received: unknown, expected: Uint8Array, what: string): void {
  if (isBytes(received) && sameBytes(received, expected)) return;
  const where = isBytes(received) ? `; they differ first at index ${firstDifference(received, expected)}` : "";
  fail(`${what}: expected ${describe(expected)}, received ${describe(received)}${where}`);
}

/** Passes for bytes that equal one of `allowed`, and for a missing value where that is allowed. */
export function expectOneOf(received: unknown, allowed: readonly (Uint8Array | undefined)[], what: string): void {
  const matches = allowed.some((one) =>
    one === undefined ? received === undefined : isBytes(received) && sameBytes(received, one),
  );
  if (matches) return;
  const more = allowed.length > 3 ? ` | ${allowed.length - 3} more` : "";
  const choices = allowed.slice(0, 3).map(describe).join(" | ");
  fail(`${what}: expected one of ${choices}${more}, received ${describe(received)}`);
}

/** Passes when both hold the same keys, each once, in any order. */
export function expectSameKeys(received: readonly string[], expected: readonly string[], what: string): void {
  const seen = new Set(received);
  const wanted = new Set(expected);
  const missing = expected.filter((key) => !seen.has(key));
  const foreign = [...seen].filter((key) => !wanted.has(key));
  if (missing.length > 0) fail(`${what}: ${missing.length} of ${expected.length} keys are missing ${some(missing)}`);
  if (foreign.length > 0) fail(`${what}: ${foreign.length} keys do not belong there ${some(foreign)}`);
  if (received.length > seen.size) fail(`${what}: ${received.length - seen.size} keys came more than once`);
}

/** What the operation rejects with. Fails when it resolves, or throws in place of returning a promise that rejects. */
export async function rejectionOf(what: string, operation: () => Promise<unknown>): Promise<unknown> {
  let promise;
  try {
    promise = operation();
  } catch (error) {
    fail(`${what}: expected a promise that rejects, but the call itself threw ${describe(error)}`);
  }
  try {
    await promise;
  } catch (error) {
    return error;
  }
  fail(`${what}: expected a rejection, but it resolved`);
}

/** Whether a value is a `Uint8Array`, or a kind of one such as `Buffer`. */
export function isBytes(value: unknown): value is Uint8Array {
  // Not `instanceof`: test runners with a realm of their own have another `Uint8Array`.
  return Object.prototype.toString.call(value) === "[object Uint8Array]";
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && firstDifference(left, right) === left.length;
}

/** A value in words for a message. Short, so that a failure over a megabyte stays readable. */
export function describe(value: unknown): string {
  if (isBytes(value)) {
    const head = Array.from(value.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    return value.length === 0 ? "0 bytes" : `${value.length} bytes (${head}${value.length > 8 ? " …" : ""})`;
  }
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (typeof value === "string") return JSON.stringify(shorten(value));
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return typeof value === "object" && value !== null ? Object.prototype.toString.call(value) : String(value);
}

function firstDifference(left: Uint8Array, right: Uint8Array): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    if (left[index] !== right[index]) return index;
  }
  return length;
}

/** Keys may have 512 characters, and differ in the last one. */
export function shorten(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 60)}…${text.slice(-30)} (${text.length} characters)`;
}

function some(keys: readonly string[]): string {
  return `(${keys.slice(0, 3).map(shorten).join(", ")}${keys.length > 3 ? ", …" : ""})`;
}
