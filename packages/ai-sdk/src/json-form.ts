/** A value as JSON: what JSON lacks is written as text, and listed with its place and kind. */
export interface JsonForm {
  readonly json: unknown;
  readonly special?: readonly Special[];
}

type Special = readonly [kind: keyof typeof readers, path: Path];
type Path = readonly (string | number)[];

const readers = {
  bytes: (text: string): unknown => Uint8Array.from(atob(text), (character) => character.charCodeAt(0)),
  date: (text: string): unknown => new Date(text),
  url: (text: string): unknown => new URL(text),
};

/** No answer is nested deeper, and a cycle must not overflow the stack. */
const maximumDepth = 1000;

/** The form of a value that holds dates, URLs and bytes. Whatever else is no JSON stays in it as it is, so that the cache sees it and does not store it. */
export function toJsonForm(value: unknown): JsonForm {
  const special: Special[] = [];
  const json = write(value, [], special);
  return special.length === 0 ? { json } : { json, special };
}

/** The value again. `form` is left as it is: several callers may share it. */
export function fromJsonForm({ json, special = [] }: JsonForm): unknown {
  return special.reduce((value, [kind, path]) => revived(value, kind, path), json);
}

function revived(value: unknown, kind: Special[0], [step, ...rest]: Path): unknown {
  if (step === undefined) return readers[kind](value as string);
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<
    string | number,
    unknown
  >;
  copy[step] = revived(copy[step], kind, rest);
  return copy;
}

/** Whether a stored value is such a form. Under a key of the caller's own it may be anything. */
export function isJsonForm(value: unknown): value is JsonForm {
  return typeof value === "object" && value !== null && "json" in value;
}

function write(value: unknown, path: Path, special: Special[]): unknown {
  if (typeof value !== "object" || value === null || path.length > maximumDepth) return value;
  if (value instanceof Uint8Array) return mark("bytes", toBase64(value));
  if (value instanceof Date && !Number.isNaN(value.getTime())) return mark("date", value.toISOString());
  if (value instanceof URL) return mark("url", value.href);
  if (Array.isArray(value)) return value.map((item, index) => write(item, [...path, index], special));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, write(member, [...path, name], special)]),
  );

  function mark(kind: Special[0], text: string): string {
    special.push([kind, path]);
    return text;
  }
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** In pieces, because a call takes only so many arguments. */
function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += 8192) {
    text += String.fromCharCode(...bytes.subarray(start, start + 8192));
  }
  return btoa(text);
}
