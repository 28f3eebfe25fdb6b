import fc from "fast-check";
import { expect, test } from "vitest";
import { compact, elementsOf, membersOf, namesIn, parseExactly, withMember } from "../src/json-text.ts";

const object = fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('"', "\\", "a\\", "{", "input")), fc.jsonValue(), {
  maxKeys: 5,
});

test("the members of an object are found where they stand, however it is spaced", () => {
  fc.assert(
    fc.property(object, fc.constantFrom(undefined, 1, "\t", " \r\n"), (value, space) => {
      const text = `${typeof space === "string" ? space : ""}${JSON.stringify(value, undefined, space)}`;
      const parsed = parseExactly(text) as Record<string, unknown>;
      const members = membersOf(text);
      expect(members.map(({ name }) => name)).toEqual(Object.keys(parsed));
      for (const { name, start, end } of members) expect(parseExactly(text.slice(start, end))).toEqual(parsed[name]);
    }),
  );
});

test("the elements of an array are found where they stand", () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.constantFrom(undefined, 2), (value, space) => {
      const text = JSON.stringify(value, undefined, space);
      const elements = elementsOf(text, 0).map(({ start }) => parseExactly(text, start));
      expect(elements).toEqual(parseExactly(text));
      expect(JSON.stringify(elements)).toBe(JSON.stringify(value));
    }),
  );
});

test("a member is replaced, or taken out, and nothing else changes", () => {
  fc.assert(
    fc.property(object, fc.jsonValue(), fc.constantFrom(undefined, 2), (value, replacement, space) => {
      const text = JSON.stringify(value, undefined, space);
      const parsed = parseExactly(text) as Record<string, unknown>;
      for (const name of Object.keys(parsed)) {
        expect(parseExactly(withMember(text, name, JSON.stringify(replacement)))).toEqual({
          ...parsed,
          [name]: parseExactly(JSON.stringify(replacement)),
        });
        const { [name]: _, ...rest } = parsed;
        expect(parseExactly(withMember(text, name, undefined))).toEqual(rest);
      }
      expect(withMember(text, "no such member", "1")).toBe(text);
    }),
  );
});

test("numbers keep their spelling", () => {
  const text = '{"a":1.00,"input":[1],"b":1e3,"c":-0.0,"d":12345678901234567890123456789012345678901234567890}';
  expect(withMember(text, "input", "[2]")).toBe(text.replace("[1]", "[2]"));
  expect(withMember(text, "d", undefined)).toBe('{"a":1.00,"input":[1],"b":1e3,"c":-0.0}');
  expect(withMember(text, "a", undefined)).toBe(text.replace('"a":1.00,', ""));
});

test("space between the parts of a text is left out, and nothing else", () => {
  fc.assert(
    fc.property(object, fc.constantFrom(1, "\t", " \r\n"), (value, space) => {
      const text = JSON.stringify(value, undefined, space).replaceAll("\n", typeof space === "string" ? "\r\n" : "\n");
      expect(compact(` ${text}\n`)).toBe(JSON.stringify(value));
    }),
  );
  const long = JSON.stringify([' \\"\n'.repeat(1e6)]);
  expect(compact(long)).toBe(long);
});

test("members of one name in one object are found at any depth, and nowhere else", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => namesIn(JSON.stringify(value, undefined, 1)) !== "repeated"));
  expect(namesIn('{"a":1,"a":1}')).toBe("repeated");
  expect(namesIn('[{"b":{"a":1,"c":[],"a":2}}]')).toBe("repeated");
  expect(namesIn('{"a":1,"\\u0061":1}')).toBe("repeated");
  expect(namesIn('{"a":{"a":{"a":["a","a\\n"]}},"b":"a"}')).toBe("plain");
  expect(namesIn('{"a":{"a\\n":{"a":["a","a"]}},"b":"a"}')).toBe("escaped");
});

test("a text is parsed to what it says, however its names are spelled", () => {
  fc.assert(
    fc.property(object, (value) => {
      const text = JSON.stringify(value);
      expect(JSON.stringify(parseExactly(text))).toBe(text);
      expect(parseExactly(JSON.stringify(value, undefined, 2))).toEqual(parseExactly(text));
    }),
  );
  for (const name of ['"', "\\", "\n", "\u0001"])
    expect(parseExactly(JSON.stringify([{ a: 0, [name]: 1 }]))).toEqual([{ a: 0, [name]: 1 }]);
});
