import type { Answer } from "./answer.ts";
import type { ApiError } from "./api-error.ts";
import type { Body, Question } from "./question.ts";

/** One event of a stream (`event: …`, `data: …`). */
export interface ServerSentEvent {
  readonly event?: string | undefined;
  readonly data: string;
  /** How many tokens it carries, which is what takes time. */
  readonly tokens: number;
}

/** What is new in each answer: all else follows from the question. */
export interface Stamp {
  readonly id: string;
  /** Epoch seconds. */
  readonly created: number;
}

/** How one route reads questions and writes answers. */
export interface WireFormat {
  /** What identifiers of its answers begin with. */
  readonly identifierPrefix: string;
  /** @throws {ApiError} for a body that lacks something. */
  readQuestion(body: Body): Question;
  encodeBody(answer: Answer, body: Body, question: Question, stamp: Stamp): object;
  encodeEvents(answer: Answer, body: Body, question: Question, stamp: Stamp): Iterable<ServerSentEvent>;
  /** The event by which a stream says that it failed. */
  encodeFailure(error: ApiError): ServerSentEvent;
}

/** Takes one from each list in turn until all are used up, as a model writes several answers at once. */
export function* interleave<T>(lists: readonly (readonly T[])[]): Generator<T> {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  for (let index = 0; index < longest; index++) {
    for (const list of lists) {
      const item = list[index];
      if (item !== undefined) yield item;
    }
  }
}

/** Pairs of letters and digits of a length that hides how long a token is, as the real API pads its events. */
export function padding(tokenLength: number): string {
  return "0aB1cD2eF3gH4iJ5".slice(0, 16 - (tokenLength % 16));
}
