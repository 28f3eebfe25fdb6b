/** Where a value stands in a JSON text: from `start` up to, and without, `end`. */
export interface JsonSpan {
  readonly start: number;
  readonly end: number;
}

/** Where a member of an object stands: the span is that of its value. */
export interface JsonMember extends JsonSpan {
  readonly name: string;
  /** Where its name begins. */
  readonly nameStart: number;
}

/**
 * The members of the object that begins at `start`, as they are spelled. A value that was parsed and written again may be
 * spelled otherwise (`1.0`, `1e3`), and a client would see that.
 *
 * @param text valid JSON: what `JSON.parse` took
 */
export function membersOf(text: string, start: number = skipSpace(text, 0)): JsonMember[] {
  const members: JsonMember[] = [];
  let position = skipSpace(text, start + 1);
  while (text[position] === '"') {
    const nameStart = position;
    const nameEnd = endOfString(text, nameStart);
    const valueStart = skipSpace(text, skipSpace(text, nameEnd) + 1);
    const end = endOfValue(text, valueStart);
    members.push({ name: JSON.parse(text.slice(nameStart, nameEnd)) as string, nameStart, start: valueStart, end });
    position = skipComma(text, end);
  }
  return members;
}

/** The elements of the array that begins at `start`, as they are spelled. @param text valid JSON */
export function elementsOf(text: string, start: number): JsonSpan[] {
  const elements: JsonSpan[] = [];
  let position = skipSpace(text, start + 1);
  while (position < text.length && text[position] !== "]") {
    const end = endOfValue(text, position);
    elements.push({ start: position, end });
    position = skipComma(text, end);
  }
  return elements;
}

/** The text with another value for a member of its outermost object, or without the member where there is no other. @param text valid JSON, an object */
export function withMember(text: string, name: string, value: string | undefined): string {
  const members = membersOf(text);
  // As `JSON.parse` does: of members with one name the last counts.
  const index = members.findLastIndex((member) => member.name === name);
  const member = members[index];
  if (member === undefined) return text;
  if (value !== undefined) return text.slice(0, member.start) + value + text.slice(member.end);
  const next = members[index + 1];
  if (next !== undefined) return text.slice(0, member.nameStart) + text.slice(next.nameStart);
  return text.slice(0, members[index - 1]?.end ?? member.nameStart) + text.slice(member.end);
}

/**
 * How the members of the objects in a text, at any depth, are named:
 * `repeated`: an object has two of one name, of which each reader may keep another. `escaped`: a name is spelled with a backslash.
 *
 * @param text valid JSON
 */
export function namesIn(text: string): "plain" | "escaped" | "repeated" {
  const open: (Set<string> | undefined)[] = [];
  let escaped = false;
  const structure = /["{}[\]]/g;
  for (let match = structure.exec(text); match !== null; match = structure.exec(text)) {
    const [character] = match;
    if (character === "{") open.push(new Set());
    else if (character === "[") open.push(undefined);
    else if (character !== '"') open.pop();
    else {
      const end = endOfString(text, match.index);
      structure.lastIndex = end;
      if (text[skipSpace(text, end)] !== ":") continue;
      const raw = text.slice(match.index, end);
      const name = raw.includes("\\") ? (JSON.parse(raw) as string) : raw.slice(1, -1);
      escaped ||= name.length !== raw.length - 2;
      const names = open.at(-1);
      if (names?.has(name) === true) return "repeated";
      names?.add(name);
    }
  }
  return escaped ? "escaped" : "plain";
}

/** The same JSON without space between its parts, and so on one line. @param text valid JSON */
export function compact(text: string): string {
  const pieces: string[] = [];
  let start = 0;
  const next = /["\s]/g;
  for (let match = next.exec(text); match !== null; match = next.exec(text)) {
    if (match[0] === '"') next.lastIndex = endOfString(text, match.index);
    else {
      pieces.push(text.slice(start, match.index));
      start = match.index + 1;
    }
  }
  return pieces.join("") + text.slice(start);
}

/**
 * As `JSON.parse`, of which V8 has versions (Node 24.21 among them) that take a name with an escape for another name of the same length that
 * an object of the same shape had before: `{"a":0,"\"":1}` after `{"a":0,"\\":1}`. Slow; for texts in which `namesIn` finds such a name.
 *
 * @param text valid JSON
 */
export function parseExactly(text: string, start: number = skipSpace(text, 0)): unknown {
  if (text[start] === "[") return elementsOf(text, start).map((element) => parseExactly(text, element.start));
  if (text[start] !== "{") return JSON.parse(text.slice(start, endOfValue(text, start)));
  return Object.fromEntries(membersOf(text, start).map((member) => [member.name, parseExactly(text, member.start)]));
}

function endOfValue(text: string, start: number): number {
  const first = text[start];
  if (first === '"') return endOfString(text, start);
  if (first !== "{" && first !== "[") {
    const scalar = /[^\s,}\]]*/y;
    scalar.lastIndex = start;
    scalar.exec(text);
    return scalar.lastIndex;
  }
  const structure = /["{}[\]]/g;
  structure.lastIndex = start;
  let depth = 0;
  for (let match = structure.exec(text); match !== null; match = structure.exec(text)) {
    const [character] = match;
    if (character === '"') structure.lastIndex = endOfString(text, match.index);
    else if (character === "{" || character === "[") depth++;
    else if (--depth === 0) return structure.lastIndex;
  }
  return text.length;
}

function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === "\\") backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
  }
  return text.length;
}

function skipComma(text: string, position: number): number {
  const next = skipSpace(text, position);
  return text[next] === "," ? skipSpace(text, next + 1) : next;
}

function skipSpace(text: string, position: number): number {
  let next = position;
  while (text[next] === " " || text[next] === "\n" || text[next] === "\r" || text[next] === "\t") next++;
  return next;
}
