import { type Answer, type AnswerHead, isAnswer, isHead } from "./answer.ts";
import type { ServerSentEvent } from "./event-stream.ts";
import { type Framing, framingFor } from "./framing.ts";
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
  if (stream === undefined || !isStreamHead(head)) return undefined;
  const recorded = framingOf(head)?.parse(events.filter(isEvent));
  const body = recorded && stream.collect(recorded, params);
  if (body === undefined || !isComplete(parseObject(body) ?? body, params)) return undefined;
  return { ...withContentType(head, "application/json"), body };
}

/** The recording that a whole answer makes, if it makes one: in the form that is wanted. */
export function replayAnswer(answer: unknown, format: StreamFormat, params: Params): Chunk[] | undefined {
  if (!isAnswer(answer) || answer.status !== 200) return undefined;
  const events = format.replay(answer.body, params);
  if (events === undefined) return undefined;
  const framing = format.framingOf(params);
  const head = { ...withContentType(answer, framing.contentType), variant: format.variantOf(params) };
  return [head, ...framing.format(events)];
}

/** Whether a chunk is the beginning of a recording. */
export function isStreamHead(chunk: unknown): chunk is StreamHead {
  return isHead(chunk) && "variant" in chunk;
}

/** How the events of a response are told apart; `undefined` for one that has none. */
export function framingOf({ status, headers }: AnswerHead): Framing | undefined {
  const [, contentType = ""] = headers.find(([name]) => name === "content-type") ?? [];
  return status === 200 ? framingFor(contentType) : undefined;
}

/** The events of a recording, in the framing that is wanted; `undefined` where it came in another, or breaks off. */
export function eventsOf([head, ...pieces]: readonly unknown[], wanted: Framing): ServerSentEvent[] | undefined {
  return isStreamHead(head) && framingOf(head) === wanted ? wanted.parse(pieces.filter(isEvent)) : undefined;
}

function isEvent(chunk: unknown): chunk is Uint8Array {
  return chunk instanceof Uint8Array;
}

/** The head with another content type in place of its own. */
export function withContentType({ status, statusText, headers }: AnswerHead, type: string): AnswerHead {
  const others = headers.filter(([name]) => name !== "content-type");
  return { status, statusText, headers: [...others, ["content-type", type]] };
}
