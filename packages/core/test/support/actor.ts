import { type Cache, type CacheControls, isLlmCacheError } from "../../src/index.ts";
import type { FakeClock } from "./clock.ts";
import { controlsOf, type Step } from "./schedule.ts";
import { Random, turns } from "./seeded.ts";
import { type Chunk, chunksOf, collect, ModelError, SeededModel } from "./seeded-model.ts";
import type { Answer, Asked, Place, Witness } from "./witness.ts";

/** For how long an answer is fresh where the call does not say, in seconds. */
export const cacheTtl = 60;

/** The number of a process that is none of the caches at test. */
const otherProcess = -1;

/** Does what the steps say. */
export class Actor {
  readonly #caches: readonly Cache[];
  readonly #witness: Witness;
  readonly #clock: FakeClock;
  readonly #defaults: CacheControls;
  readonly #byMeaning: boolean;
  readonly #active = new Map<Step, string>();
  /** Writes to the store of a cache that cannot. */
  filler: Cache | undefined;

  /** `byMeaning`: the calls are questions, asked in one wording or another that means the same. */
  constructor(
    caches: readonly Cache[],
    witness: Witness,
    clock: FakeClock,
    defaults: CacheControls,
    byMeaning: boolean,
  ) {
    this.#caches = caches;
    this.#witness = witness;
    this.#clock = clock;
    this.#defaults = defaults;
    this.#byMeaning = byMeaning;
  }

  underWay(): string {
    return [...this.#active.keys()].map(({ number, kind }) => `${number} ${kind}`).join(", ");
  }

  async act(step: Step): Promise<void> {
    const random = new Random(step.seed + 1);
    const key = `${step.cache}/${step.scope}`;
    const accompanied = [...this.#active.values()].includes(key);
    this.#active.set(step, key);
    const controller = random.chance(0.12) ? new AbortController() : undefined;
    if (controller !== undefined) void turns(random.below(25)).then(() => controller.abort(`left ${step.number}`));
    try {
      await this.#do(step, random, controller?.signal, accompanied);
    } catch (error) {
      this.#checkThrown(error, step, controller?.signal);
    } finally {
      this.#active.delete(step);
    }
  }

  #checkThrown(error: unknown, { number, kind }: Step, signal: AbortSignal | undefined): void {
    const thrown = `${number} ${kind} threw ${String(error)}`;
    const removes = kind === "delete" || kind === "clear" || kind === "invalidate";
    const expected =
      (signal?.aborted === true && error === signal.reason) ||
      error instanceof ModelError ||
      (isLlmCacheError(error) && (removes || error.code === "CACHE_MISS"));
    if (expected) this.#witness.note(thrown);
    else this.#witness.problem(`${thrown} ${error instanceof Error ? error.stack : ""}`);
  }

  async #do(step: Step, random: Random, signal: AbortSignal | undefined, accompanied: boolean): Promise<void> {
    const { kind, content, scope, number } = step;
    const witness = this.#witness;
    const cache = this.#caches[step.cache] as Cache;
    const view = scope === undefined ? cache : cache.scoped(scope);
    const given = controlsOf(random);
    const controls: CacheControls = { ...this.#defaults, ...definedOf(given) };
    const wording = this.#byMeaning && random.chance(0.5) ? `${content} ${content}` : content;
    const place: Place = { cache: step.cache, scope, content, wording, tags: content === "tagged" ? ["all"] : [] };
    const what = `${number} ${kind} ${step.cache} ${scope}/${wording} ${JSON.stringify(given)}`;
    const asked: Asked = { ...place, what, since: witness.tick(), time: this.#clock(), controls, accompanied };
    witness.note(`${what} begins`);
    const call = this.#byMeaning
      ? { operation: "chat", params: { messages: [{ role: "user", content: wording }] } }
      : { operation: "embedding", params: { input: wording } };
    const embedded = (input: string) => (this.#byMeaning ? `the vector of ${input}` : input);
    const options = { ...given, tags: place.tags, signal };
    const model = new SeededModel(witness, random, Number(given.ttl ?? cacheTtl));
    const remove = async (kinds: "deletes" | "tags", work: Promise<void>, covers: (made: Place) => boolean) => {
      const beganAt = asked.since;
      await work;
      witness.removed({ cache: step.cache, kind: kinds, beganAt, covers });
      witness.note(`${what} is done`);
    };
    const within = (made: Place) => scope === undefined || made.scope === scope;

    switch (kind) {
      case "run": {
        const outcome = await view.run<Answer>(call, async ({ signal: its }) => model.answer(place, its), {
          ...options,
          collect,
        });
        return witness.check(asked, outcome.value, outcome);
      }
      case "runMany": {
        const inputs = Array.from({ length: 3 }, () => random.pick(["tagged", "plain"]));
        const outcomes = await view.runMany(
          { operation: "embedding", params: {}, inputs },
          async (missing: string[], { signal: its }) => {
            const bypassed = controls.noCache === true && controls.noStore === true;
            if (!bypassed && new Set(missing).size !== missing.length)
              witness.problem(`${what}: asked twice for ${missing.join()}`);
            return model.answers(
              missing.map((input) => ({ ...place, content: input, wording: embedded(input) })),
              its,
            );
          },
          { ...options, collect },
        );
        for (const [index, outcome] of outcomes.entries())
          witness.check({ ...asked, content: inputs[index] as string }, outcome.value, outcome);
        return;
      }
      case "runStream": {
        const outcome = await view.runStream(call, ({ signal: its }) => model.stream(place, its), {
          ...options,
          replay: (answer) => chunksOf(answer as Answer),
        });
        const chunks: Chunk[] = [];
        const leaveAfter = random.chance(0.15) ? random.below(3) : Infinity;
        for await (const chunk of outcome.stream) {
          chunks.push(chunk);
          if (chunk.index !== chunks.length - 1)
            witness.problem(`${what}: chunk ${chunk.index} came as ${chunks.length}`);
          if (chunks.length > leaveAfter) return;
        }
        return witness.check(asked, collect(chunks), outcome);
      }
      case "get": {
        const outcome = await view.get<Answer>(call, { ...options, collect });
        if (outcome !== undefined) witness.check(asked, outcome.value, outcome);
        return;
      }
      case "put": {
        const target =
          this.filler === undefined || scope === undefined ? (this.filler ?? view) : this.filler.scoped(scope);
        const made = witness.begin(
          { ...place, cache: this.filler === undefined ? step.cache : otherProcess },
          Number(given.ttl ?? cacheTtl),
        );
        made.storedAt = Infinity;
        witness.note(`${what} -> ${await target.put(call, made.answer, options)}`);
        // Its age counts from when it is handed to the store: some moment until now.
        witness.land(made);
        made.storedAt = witness.tick();
        return;
      }
      case "delete":
        return remove("deletes", view.delete(call), (made) => made.scope === scope && made.wording === wording);
      case "clear":
        return remove("deletes", view.clear(), within);
      case "invalidate":
        return remove("tags", view.invalidate(["all"]), (made) => made.tags.length > 0 && within(made));
      case "advance":
        this.#clock.advance(random.pick([1, 4, 6, 30, 70, 200]));
    }
  }
}

function definedOf(controls: CacheControls): CacheControls {
  return Object.fromEntries(Object.entries(controls).filter(([, value]) => value !== undefined));
}
