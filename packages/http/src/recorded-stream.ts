import { type Answer, type AnswerHead, isAnswer, isHead } from "./answer.ts";
import { concatenate } from "./concatenate.ts";
import { formatEvent, parseEvents, type ServerSentEvent } from "./event-stream.ts";
import type { Params, StreamFormat, WireFormat } from "./formats/wire-format.ts";
import { parseObject } from "./json-object.ts";

/** What comes first in a recording. After it comes each event, in bytes as they came. */
export interface StreamHead extends AnswerHead {
  /** The form that the recording's first caller asked for. */
  readonly variant: string;
}

/** What a recording consists of. */
export type Chunk = StreamHead | Uint8Array;

/** The whole answer that a recording makes, if it makes one. */
export function collectAnswer(
  [head, ...events]: readonly unknown[],
  { stream, isComplete }: WireFormat,
  params: Params,
): Answer | undefined {
  if (stream === undefined || !isStreamHead(head) || !isEventStream(head)) return undefined;
  const body = stream.collect(eventsOf(events), params);
  if (body === undefined || !isComplete(parseObject(body), params)) return undefined;
  return { ...withContentType(head, "application/json"), body };
}

/** The recording that a whole answer makes, if it makes one: in the form that is wanted. */
export function replayAnswer(answer: unknown, format: StreamFormat, params: Params): Chunk[] | undefined {
  if (!isAnswer(answer) || answer.status !== 200) return undefined;
  const events = format.replay(answer.body, params);
  if (events === undefined) return undefined;
  const head = { ...withContentType(answer, "text/event-stream; charset=utf-8"), variant: format.variantOf(params) };
  return [head, ...events.map((event) => new TextEncoder().encode(formatEvent(event)))];
}

/** Whether a chunk is the beginning of a recording. */
export function isStreamHead(chunk: unknown): chunk is StreamHead {
  return isHead(chunk) && "variant" in chunk;
}

/** Whether a response is a stream of events. */
export function isEventStream({ status, headers }: AnswerHead): boolean {
  return (
    status === 200 && headers.some(([name, value]) => name === "content-type" && /^text\/event-stream\b/i.test(value))
  );
}

/** The events of a recording, without its head. */
export function eventsOf(chunks: readonly unknown[]): ServerSentEvent[] {
  // Together, so that a byte order mark is one only where a client takes it for one.
  return parseEvents(new TextDecoder().decode(concatenate(chunks.filter((chunk) => chunk instanceof Uint8Array))));
}

function withContentType({ status, statusText, headers }: AnswerHead, type: string): AnswerHead {
  const others = headers.filter(([name]) => name !== "content-type");
  return { status, statusText, headers: [...others, ["content-type", type]] };
}
