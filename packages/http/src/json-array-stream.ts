import { piecesOf } from "./event-stream.ts";
import { concatenate } from "./concatenate.ts";
import { elementsOf } from "./json-text.ts";

const quote = 0x22;
const backslash = 0x5c;
/** `[` and `{`; `]` and `}`. */
const opening: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const closing: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/**
 * A body that is one JSON array, element by element as the network brings it: each piece ends where an element ends that is an object or an
 * array, the last is what comes after them. The pieces put together are the body.
 */
export async function* splitElements(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const state = { depth: 0, inString: false, escaped: false };
  let held: Uint8Array[] = [];
  for await (const piece of piecesOf(body)) {
    let start = 0;
    for (let position = 0; position < piece.length; position++) {
      if (!endsElement(state, piece[position] as number)) continue;
      yield concatenate([...held, piece.subarray(start, position + 1)]);
      held = [];
      start = position + 1;
    }
    if (start < piece.length) held.push(piece.slice(start));
  }
  if (held.length > 0) yield concatenate(held);
}

/** What is between quotes or brackets after a byte. */
interface State {
  depth: number;
  inString: boolean;
  escaped: boolean;
}

/** Works on bytes: those of JSON's own signs are in no other character of UTF-8. */
function endsElement(state: State, byte: number): boolean {
  if (state.inString) {
    state.inString = state.escaped || byte !== quote;
    state.escaped = !state.escaped && byte === backslash;
    return false;
  }
  if (byte === quote) state.inString = true;
  else if (opening.has(byte)) state.depth++;
  else if (closing.has(byte)) return --state.depth === 1;
  return false;
}

/** The elements of an array, each as the text that it is; `undefined` for any other text. */
export function parseElements(text: string): string[] | undefined {
  try {
    if (!Array.isArray(JSON.parse(text))) return undefined;
  } catch {
    return undefined;
  }
  return elementsOf(text, text.indexOf("[")).map(({ start, end }) => text.slice(start, end));
}

/** The text of an array, in the pieces that `splitElements` gives. */
export function joinElements(elements: readonly string[]): string[] {
  return [
    ...elements.map((element, index) => (index === 0 ? `[${element}` : `,\r\n${element}`)),
    elements.length === 0 ? "[]" : "]",
  ];
}

/** The element in one of those pieces; empty for the last. */
export function elementIn(piece: string): string {
  return piece.replace(/^[\s[,]+/, "").replace(/^\][^]*$/, "");
}
