import { elementsOf, membersOf } from "../json-text.ts";

/** The members of an object in their order, each as the text that it is: numbers keep their spelling, and names are read one by one. */
export type RawObject = ReadonlyMap<string, string>;

/** Thrown where an answer is not of the shape that is known, so that it can be put in no other form. */
export class UnknownShape extends Error {
  override readonly name = "UnknownShape";
}

/** What `work` gives; `undefined` where it comes upon a shape that is not known. */
export function ifKnown<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof UnknownShape) return undefined;
    throw error;
  }
}

/** As `readObject`, of a text from outside. @throws {UnknownShape} for what is no JSON too */
export function parseRaw(text: string, names?: ReadonlySet<string>): RawObject {
  try {
    JSON.parse(text);
  } catch {
    throw new UnknownShape("no JSON");
  }
  return readObject(text, names);
}

/**
 * The members of an object.
 *
 * @param text valid JSON
 * @param names all that it may have
 * @throws {UnknownShape} for what is no object, names a member twice, or has one besides `names`
 */
export function readObject(text: string, names?: ReadonlySet<string>): RawObject {
  if (!/^\s*\{/.test(text)) throw new UnknownShape("no object");
  const members = membersOf(text);
  const object = new Map(members.map(({ name, start, end }) => [name, text.slice(start, end)]));
  if (object.size !== members.length) throw new UnknownShape("a member twice");
  for (const name of object.keys()) {
    if (names?.has(name) === false) throw new UnknownShape(`unknown member ${name}`);
  }
  return object;
}

/** The elements of an array, each as the text that it is. @throws {UnknownShape} for what is no array */
export function readArray(text: string): string[] {
  if (!/^\s*\[/.test(text)) throw new UnknownShape("no array");
  return elementsOf(text, text.indexOf("[")).map(({ start, end }) => text.slice(start, end));
}

/** @throws {UnknownShape} for what is no string */
export function readString(text: string | undefined): string {
  if (text?.startsWith('"') !== true) throw new UnknownShape("no string");
  return JSON.parse(text) as string;
}

/** Whether a member says something. */
export function isGiven(text: string | undefined): text is string {
  return text !== undefined && text !== "null";
}

/** The text of an object, without the members that are `undefined`. */
export function formatObject(members: Iterable<readonly [name: string, text: string | undefined]>): string {
  const given = [...members].filter(([, text]) => text !== undefined);
  return `{${given.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(",")}}`;
}

/** The text of an array. */
export function formatArray(elements: readonly string[]): string {
  return `[${elements.join(",")}]`;
}

/** What lies deeper is never put together, only copied, and to look into it would cost its length at each level. */
const mostLevels = 7;

/** @throws {UnknownShape} where two texts do not say the same, whatever the order of members and the spelling of strings */
export function expectEqual(left: string, right: string): void {
  if (canonical(left, mostLevels) !== canonical(right, mostLevels)) throw new UnknownShape("something would be lost");
}

function canonical(text: string, levels: number): string {
  const first = text.trimStart()[0];
  if (first === '"') return JSON.stringify(JSON.parse(text));
  if (levels === 0) return text;
  if (first === "[") return formatArray(readArray(text).map((element) => canonical(element, levels - 1)));
  if (first !== "{") return text;
  const members = [...readObject(text)].toSorted(([one], [other]) => (one < other ? -1 : 1));
  return formatObject(members.map(([name, value]) => [name, canonical(value, levels - 1)]));
}
