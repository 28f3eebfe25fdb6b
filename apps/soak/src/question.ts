import type { Call } from "@llmcache/core";
import { setTimeout } from "node:timers/promises";

/** What is asked, by whom. */
export interface Question {
  readonly number: number;
  readonly tenant: string;
  /** The tag of its answer, if it has one. */
  readonly tag: string | undefined;
}

/** An answer that says what it answers. `begun` is when the model began, in ms of the machine's clock that every process reads alike. */
export interface Answer {
  readonly number: number;
  readonly tenant: string;
  readonly begun: number;
  readonly text: string;
}

/** The model's own failure, which callers must get as it is. */
export class ModelFailure extends Error {}

/** How long the model takes at most. */
export const longestModelMs = 60;

export function callOf({ number, tenant }: Question): Call {
  return {
    operation: "chat",
    params: { model: "soak", tenant, messages: [{ role: "user", content: `question ${number}` }] },
  };
}

export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Answers after a while. One in fifty calls fails. */
export async function answer(question: Question, random: () => number): Promise<Answer> {
  const begun = now();
  await setTimeout(random() * longestModelMs);
  if (random() < 0.02) throw new ModelFailure();
  return { number: question.number, tenant: question.tenant, begun, text: textOf(question) };
}

/** The same in pieces. */
export async function* answerInPieces(question: Question, random: () => number): AsyncGenerator<Piece> {
  const { begun, text } = await answer(question, random);
  yield { number: question.number, tenant: question.tenant, begun };
  const size = Math.ceil(text.length / 7);
  for (let start = 0; start < text.length; start += size) {
    await setTimeout(random() * 3);
    yield text.slice(start, start + size);
  }
}

/** A stream begins with all but the text. */
export type Piece = string | Omit<Answer, "text">;

/** From a few bytes to some that take more than one packet. */
function textOf({ number, tenant }: Pick<Question, "number" | "tenant">): string {
  return `${tenant} asked ${number}. `.repeat(1 + ((number * 7919) % 800));
}

/** Why an answer is not the answer to a question; `undefined` where it is. */
export function wrongIn(found: unknown, question: Question, text: string): string | undefined {
  const { number, tenant } = (found ?? {}) as Partial<Answer>;
  if (number !== question.number) return `question ${question.number} was answered with the answer to ${number}`;
  if (tenant !== question.tenant) return `a question of ${question.tenant} was answered with one of ${tenant}`;
  if (text !== textOf(question)) return `the answer to question ${number} is not whole: ${text.length} characters`;
  return undefined;
}
