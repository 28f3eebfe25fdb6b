import {
  formatArray,
  formatObject,
  isGiven,
  type RawObject,
  readArray,
  readObject,
  readString,
  UnknownShape,
} from "./raw-json.ts";

/** Makes one value of those that a member had in the pieces of a stream: at least one, none of them null. @throws {UnknownShape} where it cannot tell */
export type MergeRule = (values: readonly string[]) => string;

/** How the members of an object are merged; `undefined` for one that no whole answer has. */
export type MergeRules = Readonly<Record<string, MergeRule | undefined>>;

/**
 * Merges the pieces of an object, as text, member by member. What was null in all of them is null.
 *
 * @throws {UnknownShape} for a member that has no rule
 */
export function mergeObjects(objects: readonly RawObject[], rules: MergeRules): Map<string, string> {
  const values = new Map<string, string[]>();
  for (const [name, text] of objects.flatMap((object) => [...object])) {
    const held = values.get(name) ?? [];
    if (isGiven(text)) held.push(text);
    values.set(name, held);
  }
  const merged = new Map<string, string>();
  for (const [name, texts] of values) {
    if (!Object.hasOwn(rules, name)) throw new UnknownShape(`no rule for ${name}`);
    const rule = rules[name];
    if (rule !== undefined) merged.set(name, texts.length === 0 ? "null" : rule(texts));
  }
  return merged;
}

/** Each piece repeats it. */
export const same: MergeRule = ([first = "", ...rest]) => {
  if (rest.some((text) => text !== first)) throw new UnknownShape("two values");
  return first;
};

/** Each piece may repeat it, or have an empty text in its place. */
export const sameOrEmpty: MergeRule = (values) => same(values.filter((text) => readString(text) !== ""));

/** One piece has it. Of two nobody knows whether the second continues the first or takes its place. */
export const once: MergeRule = (values) => {
  const filled = values.filter((text) => readString(text) !== "");
  if (filled.length !== 1) throw new UnknownShape("not one value");
  return same(filled);
};

/** A text that comes piece by piece. */
export const joined: MergeRule = (values) => JSON.stringify(values.map(readString).join(""));

/** A list of which each piece brings some elements. */
export const appended: MergeRule = (values) => formatArray(values.flatMap(readArray));

/** An object whose members come piece by piece. */
export function nested(rules: MergeRules): MergeRule {
  return (values) =>
    formatObject(
      mergeObjects(
        values.map((text) => readObject(text)),
        rules,
      ),
    );
}

/**
 * A list of objects that come piece by piece, each piece with the `index` of its object: all from 0 on, without a gap.
 *
 * @param complete the text of an object that is complete
 * @param unsaid the index of a piece that has none
 */
export function indexed(rules: MergeRules, complete: (members: RawObject) => string, unsaid = ""): MergeRule {
  return (values) => {
    const pieces = Map.groupBy(
      values.flatMap(readArray).map((text) => readObject(text)),
      (piece) => piece.get("index") ?? unsaid,
    );
    return formatArray(
      Array.from({ length: pieces.size }, (_, index) => {
        const own = pieces.get(String(index));
        if (own === undefined) throw new UnknownShape("a gap");
        return complete(mergeObjects(own, rules));
      }),
    );
  };
}
