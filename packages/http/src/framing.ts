import { concatenate } from "./concatenate.ts";
import { formatEvent, parseEvents, piecesOf, type ServerSentEvent, splitEvents } from "./event-stream.ts";
import { elementIn, joinElements, parseElements, splitElements } from "./json-array-stream.ts";

/** How events are told apart in the body of a stream. */
export interface Framing {
  /** Whether a response of this content type comes so. */
  readonly isOf: (contentType: string) => boolean;
  /** The content type of a stream that is made so. */
  readonly contentType: string;
  /** The body in pieces of an event each, exactly as it came. */
  readonly split: (body: ReadableStream<Uint8Array>) => AsyncIterable<Uint8Array>;
  /** The event in one of them; `undefined` where there is none, or it says nothing. */
  readonly eventIn: (piece: Uint8Array) => ServerSentEvent | undefined;
  /** The events in such pieces; `undefined` where the last of them breaks off. */
  readonly parse: (pieces: readonly Uint8Array[]) => ServerSentEvent[] | undefined;
  /** The other way. */
  readonly format: (events: readonly ServerSentEvent[]) => Uint8Array[];
}

const encoder = new TextEncoder();

/** `text/event-stream` (WHATWG HTML, section 9.2). */
export const eventStreamFraming: Framing = {
  isOf: (contentType) => /^text\/event-stream\b/i.test(contentType),
  contentType: "text/event-stream; charset=utf-8",
  split: splitEvents,
  eventIn: (piece) => parseEvents(new TextDecoder().decode(piece)).at(-1),
  parse: (pieces) => {
    // Together, so that a byte order mark is one only where a client takes it for one.
    const text = new TextDecoder().decode(concatenate(pieces));
    return text === "" || /(?:^|\r|\n)(?:\r\n?|\n)$/.test(text) ? parseEvents(text) : undefined;
  },
  format: (events) => events.map((event) => encoder.encode(formatEvent(event))),
};

/** One JSON array, of which each element is an event. */
export const jsonArrayFraming: Framing = {
  isOf: (contentType) => /^application\/json\b/i.test(contentType),
  contentType: "application/json; charset=UTF-8",
  split: splitElements,
  eventIn: (piece) => {
    const data = elementIn(new TextDecoder().decode(piece));
    return data === "" ? undefined : { type: "message", data };
  },
  parse: (pieces) =>
    parseElements(new TextDecoder().decode(concatenate(pieces)))?.map((data) => ({ type: "message", data })),
  format: (events) => joinElements(events.map(({ data }) => data)).map((text) => encoder.encode(text)),
};

/** Sound and the like, in the pieces that it came in: each is an event that says nothing. */
export const bytesFraming: Framing = {
  isOf: (contentType) => /^(?:audio\/|application\/octet-stream\b)/i.test(contentType),
  contentType: "application/octet-stream",
  split: piecesOf,
  eventIn: () => undefined,
  parse: (pieces) => pieces.filter(({ length }) => length > 0).map(() => ({ type: "bytes", data: "" })),
  format: () => [],
};

const framings: readonly Framing[] = [eventStreamFraming, jsonArrayFraming, bytesFraming];

/** The framing that a response's content type tells of. */
export function framingFor(contentType: string): Framing | undefined {
  return framings.find(({ isOf }) => isOf(contentType));
}
