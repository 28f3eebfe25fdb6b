import type { CacheControls, OutcomeInfo } from "../../src/index.ts";
import type { Promised } from "./faulty-backend.ts";

/** Where a call belongs. */
export interface Place {
  /** The process, of two, that the call is made in. */
  readonly cache: number;
  readonly scope: string | undefined;
  /** What has to be answered. */
  readonly content: string;
  /** How it is asked: what has another key. */
  readonly wording: string;
  readonly tags: readonly string[];
}

/** An answer as the model gives it. `begin` and `end` show a mixture of two. */
export interface Answer {
  readonly begin: number;
  readonly scope: string;
  readonly content: string;
  readonly text: string;
  readonly end: number;
}

/** What is known of an answer. Moments are places in the order of all events; times are the fake clock's. */
interface Made extends Place {
  readonly answer: Answer;
  readonly ttl: number;
  readonly bornAt: number;
  /** When the model had made it, and the time then. */
  landedAt: number;
  /** For what a caller stored itself: when that was done. Between processes it may have happened at any moment until then. */
  storedAt: number | undefined;
  time: number;
}

export interface Asked extends Place {
  readonly what: string;
  readonly since: number;
  readonly time: number;
  readonly controls: CacheControls;
  /** Whether another call of the same key was under way in the same process: it may share its look-up or its flight. */
  readonly accompanied: boolean;
}

interface Removal {
  readonly cache: number;
  readonly kind: Promised;
  readonly beganAt: number;
  readonly resolvedAt: number;
  readonly covers: (made: Place) => boolean;
}

/** Sees every answer made, everything removed, and everything that a caller gets, and knows what may be served. */
export class Witness {
  readonly problems: string[] = [];
  readonly log: string[] = [];
  /** How many entries were said to be corrupt or unreadable. */
  damage = 0;
  readonly #clock: () => number;
  readonly #voided: readonly Promised[];
  readonly #made: Made[] = [];
  readonly #removals: Removal[] = [];
  #moment = 0;

  constructor(clock: () => number, voided: readonly Promised[]) {
    this.#clock = clock;
    this.#voided = voided;
  }

  /** The next moment in the order of all events. */
  tick(): number {
    return ++this.#moment;
  }

  problem(text: string): void {
    this.problems.push(text);
    this.note(`PROBLEM: ${text}`);
  }

  note(text: string): void {
    this.log.push(`${this.tick()} ${text}`);
  }

  /** The model begins an answer. */
  begin(place: Place, ttl: number): Made {
    const number = this.#made.length;
    const text = `${place.content} `.repeat(20);
    const answer = { begin: number, scope: String(place.scope), content: place.content, text, end: number };
    const made: Made = {
      ...place,
      answer,
      ttl,
      bornAt: this.tick(),
      landedAt: Infinity,
      storedAt: undefined,
      time: Infinity,
    };
    this.#made.push(made);
    return made;
  }

  /** The model has made it. Its callers learn it some turns later. */
  land(made: Made): Answer {
    made.time = this.#clock();
    setImmediate(() => (made.landedAt = this.tick()));
    return { ...made.answer };
  }

  /** Something was removed. What was made before it began is not served to who asks from now on. */
  removed(removal: Omit<Removal, "resolvedAt">): void {
    this.#removals.push({ ...removal, resolvedAt: this.tick() });
  }

  /** Checks what a caller got. */
  check(asked: Asked, given: unknown, info: OutcomeInfo): void {
    const made = this.#made[(given as Answer | undefined)?.begin ?? -1];
    const wrong = made === undefined ? "nobody made it" : this.#wrong(asked, given as Answer, made, info);
    const text = `${asked.what} -> ${info.status} ${JSON.stringify(given)?.slice(0, 70)} ${info.age}`;
    if (wrong === undefined) this.note(text);
    else this.problem(`${text}: ${wrong}`);
  }

  #wrong(asked: Asked, given: Answer, made: Made, info: OutcomeInfo): string | undefined {
    if (JSON.stringify(given) !== JSON.stringify(made.answer)) return "it is changed, cut or mixed";
    if (made.scope !== asked.scope || made.content !== asked.content) return "it answers another call";
    const { noCache, noStore } = asked.controls;
    if ((info.status === "bypass") !== (noCache === true && noStore === true))
      return "it should go past the cache, or not";
    return this.#tooOld(asked, made, info) ?? this.#revived(asked, made, info);
  }

  #tooOld({ controls, since, time }: Asked, made: Made, { age, status }: OutcomeInfo): string | undefined {
    // What was made while the caller waited is new to it.
    if (made.landedAt > since) return undefined;
    const old = (time - made.time) / 1000;
    const { maxAge = Infinity, minFresh = 0, noCache } = controls;
    const windows = [controls.staleWhileRevalidate, controls.maxStale, controls.staleIfError].map((given) =>
      Number(given ?? 0),
    );
    if (noCache === true) return "it was there before, and a new one was asked for";
    if (old > Number(maxAge)) return `it is ${old} s old, of ${maxAge}`;
    if (old + Number(minFresh) > made.ttl + (Number(minFresh) > 0 ? 0 : Math.max(...windows)))
      return `it is ${old} s old, of ${made.ttl} and the windows ${String(windows)}, ${String(minFresh)}`;
    if (status !== "coalesced" && age < old) return `it is said to be ${age} s old and is ${old}`;
    return undefined;
  }

  #revived(asked: Asked, made: Made, { status }: OutcomeInfo): string | undefined {
    const removal = this.#removals.find(
      (candidate) =>
        candidate.resolvedAt < asked.since &&
        (candidate.cache === made.cache ? made.bornAt : (made.storedAt ?? made.bornAt)) < candidate.beganAt &&
        candidate.covers(made) &&
        !this.#excused(candidate, asked, made, status),
    );
    return removal && `it was removed at ${removal.beganAt} to ${removal.resolvedAt} and was begun at ${made.bornAt}`;
  }

  /** Which removals do not bind a call. */
  #excused(removal: Removal, asked: Asked, made: Made, status: string): boolean {
    if (this.#voided.includes(removal.kind)) return true;
    if (removal.cache === asked.cache) return removal.kind === "deletes" && made.cache !== asked.cache;
    // In another process a delete is best effort. An invalidation is not, except for a flight or a look-up that was under way there:
    // it is told of neither.
    return removal.kind === "deletes" || status === "coalesced" || asked.accompanied || made.cache === asked.cache;
  }
}
