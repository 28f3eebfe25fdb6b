import type { Cache } from "@llmcache/core";
import {
  type Answer,
  answer,
  answerInPieces,
  callOf,
  longestModelMs,
  ModelFailure,
  now,
  type Piece,
  type Question,
  wrongIn,
} from "./question.ts";
import { below, oneOf } from "./random.ts";

const tenants = ["ada", "bob", "eve"] as const;
const tags = ["red", "green", "blue"] as const;

/** Few enough that processes meet at the same ones, enough that most of the memory tier turns over. */
const questions = 400;

/**
 * The longest that a caller may wait beside the model: a look-up, a lease and tags at 250 ms each, another process's lease of 2 s, and all the
 * rest for two processors that do the work of six processes.
 */
const longestWaitMs = 12_000;

/** Asks at random, and looks at each answer. */
export class Asker {
  readonly #cache: Cache;
  readonly #random: () => number;
  readonly #problems: string[];
  /** For each tenant's tag, when it was last begun to be invalidated by this process, successfully. */
  readonly #invalidated = new Map<string, number>();
  #answers = 0;
  #modelCalls = 0;
  #longestWaitMs = 0;

  constructor(cache: Cache, random: () => number, problems: string[]) {
    this.#cache = cache;
    this.#random = random;
    this.#problems = problems;
  }

  counts(): { answers: number; modelCalls: number; longestWaitMs: number } {
    return { answers: this.#answers, modelCalls: this.#modelCalls, longestWaitMs: Math.round(this.#longestWaitMs) };
  }

  /** Does one thing. Never rejects. */
  async step(): Promise<void> {
    const question = this.#anyQuestion();
    const startedAt = performance.now();
    try {
      await this.#act(question);
    } catch (error) {
      if (!(error instanceof ModelFailure)) this.#problems.push(`a caller got ${describe(error)}`);
    }
    const waited = performance.now() - startedAt;
    this.#longestWaitMs = Math.max(this.#longestWaitMs, waited);
    if (waited > longestWaitMs + longestModelMs) this.#problems.push(`a caller waited for ${Math.round(waited)} ms`);
  }

  async #act(question: Question): Promise<void> {
    const chance = this.#random();
    if (chance < 0.55) return this.#run(question);
    if (chance < 0.75) return this.#runStream(question);
    if (chance < 0.92) return this.#runMany(question);
    // What removes may reject, and then has to be asked again.
    if (chance < 0.96) return this.#cache.scoped(question.tenant).delete(callOf(question)).catch(ignore);
    if (chance < 0.995) return this.#invalidate(question);
    return this.#cache.scoped(question.tenant).clear().catch(ignore);
  }

  async #run(question: Question): Promise<void> {
    const since = this.#invalidated.get(tagKeyOf(question)) ?? 0;
    const { value } = await this.#scoped(question).run(
      callOf(question),
      () => this.#model(question),
      this.#controls(question),
    );
    this.#judge(value, question, value.text, since);
  }

  async #runStream(question: Question): Promise<void> {
    const since = this.#invalidated.get(tagKeyOf(question)) ?? 0;
    const { operation, params } = callOf(question);
    const call = { operation: `${operation}-stream`, params };
    const model = () => {
      this.#modelCalls++;
      return answerInPieces(question, this.#random);
    };
    const { stream } = await this.#scoped(question).runStream<Piece>(call, model, this.#controls(question));
    const pieces: Piece[] = [];
    for await (const piece of stream) {
      pieces.push(piece);
      // A reader who leaves half-way leaves the answer to the others.
      if (this.#random() < 0.02) return;
    }
    const texts = pieces.filter((piece) => typeof piece === "string");
    this.#judge(pieces[0] as Answer, question, texts.join(""), since);
  }

  async #runMany(question: Question): Promise<void> {
    const inputs = Array.from({ length: 1 + below(this.#random, 8) }, () => below(this.#random, questions));
    const batch = { operation: "embedding", params: { tenant: question.tenant }, inputs };
    const embed = (missing: number[]) => {
      this.#modelCalls++;
      return Promise.all(missing.map((number) => answer({ ...question, number }, this.#random)));
    };
    const outcomes = await this.#scoped(question).runMany(batch, embed);
    for (const [index, { value }] of outcomes.entries())
      this.#judge(value, { ...question, number: inputs[index] ?? -1, tag: undefined }, value.text, 0);
  }

  async #invalidate(question: Question): Promise<void> {
    const tag = oneOf(this.#random, tags);
    const begun = now();
    try {
      await this.#scoped(question).invalidate([tag]);
    } catch {
      return;
    }
    const key = tagKeyOf({ ...question, tag });
    this.#invalidated.set(key, Math.max(begun, this.#invalidated.get(key) ?? 0));
  }

  #judge(found: Answer, question: Question, text: string, since: number): void {
    this.#answers++;
    const wrong = wrongIn(found, question, text);
    if (wrong !== undefined) this.#problems.push(wrong);
    if (question.tag !== undefined && found.begun < since)
      this.#problems.push(
        `an answer tagged ${question.tag} came back ${Math.round(since - found.begun)} ms after it was invalidated`,
      );
  }

  #model(question: Question): Promise<Answer> {
    this.#modelCalls++;
    return answer(question, this.#random);
  }

  #scoped({ tenant }: Question): Cache {
    return this.#cache.scoped(tenant);
  }

  #controls({ tag }: Question): object {
    const chance = this.#random();
    return {
      ...(tag !== undefined && { tags: [tag] }),
      ...(chance < 0.05 && { noCache: true }),
      ...(chance > 0.95 && { maxAge: 2 }),
    };
  }

  /** Small numbers are asked more often, as in life. */
  #anyQuestion(): Question {
    const number = Math.floor(questions * this.#random() ** 3);
    const tag = number % 4 === 0 ? tags[number % tags.length] : undefined;
    return { number, tenant: oneOf(this.#random, tenants), tag };
  }
}

function tagKeyOf({ tenant, tag }: Question): string {
  return `${tenant}/${tag}`;
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function ignore(): void {
  // The removal is not promised then.
}
