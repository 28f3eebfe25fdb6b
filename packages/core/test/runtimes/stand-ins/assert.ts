/** @throws unless both are the same value, or of one type with the same own members. */
export function deepStrictEqual(received: unknown, expected: unknown): void {
  if (!isSame(received, expected)) throw new Error("the values are not deeply and strictly equal");
}

function isSame(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (Object.getPrototypeOf(left) !== Object.getPrototypeOf(right)) return false;
  const [inLeft, inRight] = [membersOf(left), membersOf(right)];
  return inLeft.size === inRight.size && [...inLeft].every(([name, value]) => isSame(value, inRight.get(name)));
}

/** What makes a value what it is, by name or position. Keys of a `Map` and members of a `Set` count in their order. */
function membersOf(value: object): Map<unknown, unknown> {
  if (value instanceof Map || value instanceof Set) return new Map([...value].entries());
  if (value instanceof Date) return new Map([["time", value.getTime()]]);
  if (value instanceof URL) return new Map([["href", value.href]]);
  return new Map(Object.entries(value));
}
