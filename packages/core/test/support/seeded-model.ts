import { type Random, turns } from "./seeded.ts";
import type { Answer, Place, Witness } from "./witness.ts";

/** What the model throws when it fails. */
export class ModelError extends Error {}

/** A chunk of a streamed answer. */
export type Chunk = Answer & { readonly index: number };

const chunkCount = 3;

/** An answer in chunks. */
export function chunksOf(answer: Answer): Chunk[] {
  return Array.from({ length: chunkCount }, (_, index) => ({ ...answer, index }));
}

/** The answer of which these are the chunks, all of them; otherwise one that nobody made. */
export function collect(chunks: readonly unknown[]): Answer {
  const answers = (chunks as readonly Chunk[]).map(({ index: _, ...answer }) => answer);
  const alike = new Set(answers.map((answer) => JSON.stringify(answer))).size === 1;
  return alike && answers.length === chunkCount
    ? (answers[0] as Answer)
    : { begin: -1, scope: "", content: "", text: "a mixture, or a part", end: -1 };
}

/** A model that takes its time, fails, and sometimes heeds an abort. */
export class SeededModel {
  readonly #witness: Witness;
  readonly #random: Random;
  readonly #ttl: number;

  constructor(witness: Witness, random: Random, ttl: number) {
    this.#witness = witness;
    this.#random = random;
    this.#ttl = ttl;
  }

  async answer(place: Place, signal: AbortSignal): Promise<Answer> {
    return (await this.answers([place], signal))[0] as Answer;
  }

  async answers(places: readonly Place[], signal: AbortSignal): Promise<Answer[]> {
    const made = places.map((place) => this.#witness.begin(place, this.#ttl));
    await turns(this.#random.below(30));
    if (this.#random.chance(0.5)) signal.throwIfAborted();
    if (this.#random.chance(0.1)) throw new ModelError("the model failed");
    return made.map((one) => this.#witness.land(one));
  }

  async *stream(place: Place, signal: AbortSignal): AsyncGenerator<Chunk> {
    const made = this.#witness.begin(place, this.#ttl);
    for (const chunk of chunksOf(made.answer)) {
      await turns(this.#random.below(8));
      if (this.#random.chance(0.5)) signal.throwIfAborted();
      if (this.#random.chance(0.04)) throw new ModelError("the model failed half-way");
      yield chunk;
    }
    this.#witness.land(made);
  }
}
