import { concatenate } from "./concatenate.ts";

/** An event as a client is given it (WHATWG HTML, section 9.2.6, "Interpreting an event stream"). */
export interface ServerSentEvent {
  /** `"message"` unless the event says otherwise. */
  readonly type: string;
  readonly data: string;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * The body of an event stream, event by event, exactly as it came and however the network cut it: the bytes up to and with the blank
 * line that ends an event. What follows the last blank line comes last, and is no event. The pieces put together are the body.
 *
 * Lines end in LF, CR or CRLF. An event that ends in CR is given when the next byte is there, since that may be its LF.
 */
export async function* splitEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const splitter = new EventSplitter();
  for await (const piece of piecesOf(body)) yield* splitter.split(piece);
  const rest = splitter.rest();
  if (rest.length > 0) yield rest;
}

/** A body as the network brings it. Leaving early cancels it. */
export async function* piecesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  // Not `for await` over the stream: some runtimes' streams cannot be iterated.
  const reader = body.getReader();
  let ended = false;
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) yield piece.value;
    ended = true;
  } finally {
    // Not waited for: whoever leaves has all that it wants. One that has failed is cancelled already, and its failure is on its way.
    if (!ended) reader.cancel().catch(() => undefined);
  }
}

/** Works on bytes: the bytes of a line end are in no other character of UTF-8, so that a character cut in two needs no care. */
class EventSplitter {
  #held: Uint8Array[] = [];
  #lineIsEmpty = true;
  #afterReturn = false;
  /** A blank line has ended in CR. */
  #endsUnlessLineFeed = false;

  *split(piece: Uint8Array): Generator<Uint8Array, void, undefined> {
    let start = 0;
    for (let position = 0; position < piece.length; position++) {
      const end = this.#endOfEvent(piece[position] as number, position);
      if (end === undefined) continue;
      yield this.#take(piece.slice(start, end));
      start = end;
    }
    if (start < piece.length) this.#held.push(piece.slice(start));
  }

  rest(): Uint8Array {
    return this.#take(new Uint8Array());
  }

  /** Where an event ends that ends here: before this byte or after it. */
  #endOfEvent(byte: number, position: number): number | undefined {
    const ends = this.#endsUnlessLineFeed;
    this.#endsUnlessLineFeed = false;
    if (byte === lineFeed && this.#afterReturn) {
      this.#afterReturn = false;
      return ends ? position + 1 : undefined;
    }
    this.#afterReturn = byte === carriageReturn;
    const blank = this.#lineIsEmpty;
    this.#lineIsEmpty = byte === lineFeed || byte === carriageReturn;
    this.#endsUnlessLineFeed = blank && byte === carriageReturn;
    if (ends) return position;
    return blank && byte === lineFeed ? position + 1 : undefined;
  }

  #take(last: Uint8Array): Uint8Array {
    const held = this.#held;
    this.#held = [];
    return held.length === 0 ? last : concatenate([...held, last]);
  }
}

/** The events in an event stream, or in any part of it that `splitEvents` gives; what a client would drop is none. */
export function parseEvents(text: string): ServerSentEvent[] {
  const events: ServerSentEvent[] = [];
  const lines = text.split(/\r\n|\n|\r/);
  // What has no line end is cut off.
  lines.pop();
  let type = "";
  let data: string[] = [];
  for (const line of lines) {
    if (line === "") {
      if (data.length > 0) events.push({ type: type || "message", data: data.join("\n") });
      type = "";
      data = [];
      continue;
    }
    const [, field, value = ""] = /^([^:]*)(?:: ?([\s\S]*))?$/.exec(line) ?? [];
    if (field === "data") data.push(value);
    if (field === "event") type = value;
  }
  return events;
}

/** The text of an event. */
export function formatEvent({ type, data }: ServerSentEvent): string {
  const lines = data.split(/\r\n|\n|\r/).map((line) => `data: ${line}\n`);
  return `${type === "message" ? "" : `event: ${type}\n`}${lines.join("")}\n`;
}
