import type { NearestEntry, OperationOptions, PutEntry, PutOptions, SemanticBackend } from "../../src/index.ts";
import { toError } from "../../src/many.ts";
import { sameBytes } from "../../src/memory.ts";
import { type Random, turns } from "./seeded.ts";
import { similarity, wordDimensions } from "./word-tier.ts";

/**
 * What a store does wrong, and which promises of the cache it takes away by that:
 *
 * - `deletes`: an untagged entry that was deleted or cleared may be served again;
 * - `tags`: so may one that was invalidated. Only where the store does it to core's own records too (`records`).
 *
 * Everything else holds whatever the store does: an answer is the model's, whole, of the asked call and scope, and not too old.
 * Two lies no fault tells, because no cache survives them: a write that is acknowledged and never made while the old value
 * stays (`put` may forget a key, never keep its old bytes), and a listing that leaves out keys (a clear could not reach them).
 */
export const faults = {
  "does nothing wrong": { voids: [] },
  /** Rejects, with an `Error` or with anything; what it was asked for may be done all the same. */
  throws: { voids: [] },
  /** Does not answer until it is aborted; what it was asked for may be done all the same. */
  hangs: { voids: [], slow: true },
  /** Answers after many turns, or when nobody waits any more. A write that was given up may be made after a delete. */
  "is late": { voids: ["deletes"], slow: true },
  /** Gives random bytes, or no bytes at all. Random stamps of a tag may be equal by chance, the empty ones for example. */
  "returns garbage": { voids: [], records: ["tags"] },
  "truncates what it returns": { voids: [], records: ["tags"] },
  "flips a bit of what it returns": { voids: [], records: ["tags"] },
  /** Gives what lies under another key. The stamp of another tag is a stamp. */
  "returns another key's bytes": { voids: [], records: ["tags"] },
  /** Gives what a newer version of us, or another codec, wrote. */
  "returns a newer version's entry": { voids: [], records: ["tags"] },
  /** Gives what a key held before, also before it was deleted, or nothing. */
  "returns an older value": { voids: ["deletes"], records: ["tags"] },
  /** Makes a write twice, the second time later, perhaps after a delete. */
  "writes twice": { voids: ["deletes"], records: ["tags"] },
  /** Loses any key at any time, as a store that evicts does. */
  forgets: { voids: [] },
  /** Lists keys that nobody asked for. */
  "lists too much": { voids: [] },
} as const satisfies Record<string, { voids: readonly Promised[]; records?: readonly Promised[]; slow?: true }>;

export type Fault = keyof typeof faults;

/** Whether a store of this fault may give what is no entry, or none of ours. */
export function damages(fault: Fault): boolean {
  return fault in tampering;
}
export type Promised = "deletes" | "tags";

export interface FaultyOptions {
  readonly name: string;
  readonly fault: Fault;
  readonly random: Random;
  /** How many operations of a hundred it strikes. */
  readonly percent: number;
  /** Whether core's own records (a segment begins with `_`) are struck as entries are. Failures strike them always. */
  readonly records: boolean;
  /** Whether it has the capabilities that a backend may lack. */
  readonly capable: boolean;
  /** Whether a write that hangs ends by itself, for a stack without a short deadline. */
  readonly hangsBriefly: boolean;
}

/** A backend over an honest map, whose every operation may go wrong. */
export class FaultyStore {
  readonly #held = new Map<string, Uint8Array>();
  readonly #embeddings = new Map<string, NonNullable<PutOptions["embedding"]>>();
  readonly #former = new Map<string, (Uint8Array | undefined)[]>();
  readonly #options: FaultyOptions;
  /** How often it did something wrong. */
  struck = 0;

  constructor(options: FaultyOptions) {
    this.#options = options;
  }

  get backend(): SemanticBackend {
    const { name, capable, fault, random } = this.#options;
    const get = (key: string, options?: OperationOptions) =>
      this.#operate(key, options, () => this.#tampered(key, this.#held.get(key)));
    const put = (key: string, value: Uint8Array, options?: PutOptions) => {
      const copy = new Uint8Array(value);
      return this.#operate(key, options, () => this.#write(key, copy, options?.embedding), "write");
    };
    const remove = (key: string, options?: OperationOptions) =>
      this.#operate(key, options, () => this.#write(key, undefined), "delete");
    return {
      name,
      dimensions: wordDimensions,
      nearest: (scope, vector, { limit, ...options }) =>
        this.#operate(scope, options, () => this.#nearest(scope, vector).slice(0, limit)),
      get,
      put,
      delete: remove,
      list: (prefix, options) => this.#list(prefix, options),
      ...(capable && {
        swap: (key, expected, value, options) => {
          const copy = new Uint8Array(value);
          const apply = () => sameBytes(this.#held.get(key), expected) && (this.#write(key, copy), true);
          return this.#operate(key, options, apply);
        },
        getMany: async (keys, options) => {
          const found = await Promise.all(keys.map((key) => get(key, options).catch(toError)));
          if (fault !== "returns garbage" || !this.#strikes()) return found;
          return random.pick<unknown>([null, [], found.slice(1), [...found, ...found], "text"]) as typeof found;
        },
        putMany: async (entries: readonly PutEntry[], options) => {
          await Promise.all(entries.map(({ key, value }) => put(key, value, options)));
        },
        deleteMany: async (keys, options) => {
          await Promise.all(keys.map((key) => remove(key, options)));
        },
      }),
    };
  }

  async #operate<Result>(
    key: string,
    options: OperationOptions | undefined,
    apply: () => Result,
    kind: "read" | "write" | "delete" = "read",
  ): Promise<Result> {
    const { random, fault } = this.#options;
    options?.signal?.throwIfAborted();
    await turns(random.below(5));
    // Whoever was given up does nothing any more, unless that is the fault.
    options?.signal?.throwIfAborted();
    if (fault === "throws" && this.#strikes()) {
      if (random.chance(0.5)) apply();
      throw random.pick<unknown>([new Error("down"), new RangeError("full"), "down", undefined]);
    }
    if (fault === "hangs" && this.#strikes()) {
      if (random.chance(0.5)) apply();
      return this.#hang(options?.signal, kind);
    }
    if (fault === "is late" && this.#strikes()) {
      await (random.chance(0.5) ? turns(random.below(60)) : new Promise((resolve) => setTimeout(resolve, 15)));
      return apply();
    }
    if (fault === "forgets" && this.#strikes()) this.#write(random.pick([key, ...this.#held.keys()]), undefined);
    const result = apply();
    if (fault === "writes twice" && kind === "write" && this.#mayTamper(key) && this.#strikes())
      void turns(random.below(80)).then(apply);
    await turns(random.below(5));
    return result;
  }

  async *#list(prefix: string, options: OperationOptions | undefined): AsyncGenerator<string> {
    for (const key of [...this.#held.keys()]) {
      const wanted = key.startsWith(prefix) || (this.#options.fault === "lists too much" && this.#strikes());
      if (wanted) yield await this.#operate(key, options, () => key);
    }
  }

  #strikes(): boolean {
    const strikes = this.#options.random.below(100) < this.#options.percent;
    if (strikes) this.struck++;
    return strikes;
  }

  #mayTamper(key: string): boolean {
    return this.#options.records || !key.includes("/_");
  }

  #nearest(scope: string, vector: Float32Array): NearestEntry[] {
    const { random, fault } = this.#options;
    const found: NearestEntry[] = [];
    for (const [key, embedding] of this.#embeddings) {
      if (embedding.scope !== scope) continue;
      const value = this.#tampered(key, this.#held.get(key)) as Uint8Array;
      found.push({ key, value, score: similarity(vector, embedding.vector) });
    }
    found.sort((left, right) => right.score - left.score);
    if (fault !== "returns garbage" || !this.#strikes()) return found;
    const [first] = found;
    return random.pick<unknown>([
      null,
      "text",
      [null],
      [{ ...first, key: 7 }],
      [{ ...first, score: NaN }],
    ]) as typeof found;
  }

  #write(key: string, value: Uint8Array | undefined, embedding?: PutOptions["embedding"]): void {
    const former = this.#former.get(key) ?? [];
    this.#former.set(key, [...former, this.#held.get(key)]);
    if (value === undefined) this.#held.delete(key);
    else this.#held.set(key, value);
    if (embedding === undefined) this.#embeddings.delete(key);
    else this.#embeddings.set(key, embedding);
  }

  #tampered(key: string, value: Uint8Array | undefined): Uint8Array | undefined {
    const { random, fault } = this.#options;
    const tamper = tampering[fault as keyof typeof tampering] as (typeof tampering)[keyof typeof tampering] | undefined;
    if (tamper === undefined || !this.#mayTamper(key) || !this.#strikes()) return value && new Uint8Array(value);
    const others = [...this.#held.values()];
    return tamper(random, value ?? new Uint8Array(), { others, former: this.#former.get(key) ?? [] });
  }

  #hang(signal: AbortSignal | undefined, kind: string): Promise<never> {
    const { promise, reject } = Promise.withResolvers<never>();
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
    if (signal?.aborted === true) reject(signal.reason);
    if (kind !== "read" && this.#options.hangsBriefly) setTimeout(() => reject(new Error("connection lost")), 20);
    return promise;
  }
}

interface Elsewhere {
  readonly others: readonly Uint8Array[];
  readonly former: readonly (Uint8Array | undefined)[];
}

/** What is given in place of what is held. */
const tampering = {
  "returns garbage": (random: Random) => {
    const noBytes: readonly unknown[] = [null, 7, "text", { length: 3 }, [1, 2, 3], new ArrayBuffer(9)];
    return (random.chance(0.5) ? random.pick(noBytes) : random.bytes(random.below(200))) as Uint8Array;
  },
  "truncates what it returns": (random: Random, value: Uint8Array) => value.slice(0, random.below(value.length)),
  "flips a bit of what it returns": (random: Random, value: Uint8Array) => {
    const at = random.below(value.length * 8);
    return value.map((byte, index) => (index === at >> 3 ? byte ^ (1 << (at & 7)) : byte));
  },
  "returns another key's bytes": (random: Random, value: Uint8Array, { others }: Elsewhere) =>
    new Uint8Array(random.pick(others) ?? value),
  "returns a newer version's entry": (random: Random, value: Uint8Array) => {
    const [at, bytes] = random.pick<[number, Uint8Array]>([
      [7, Uint8Array.of(2 + random.below(250))],
      [32, Uint8Array.of(17 + random.below(200))],
    ]);
    if (value.length < 40) return random.bytes(40);
    const newer = new Uint8Array(value);
    newer.set(bytes, at);
    newer.set(random.bytes(7), 33);
    return newer;
  },
  "returns an older value": (random: Random, _: Uint8Array, { former }: Elsewhere) => {
    const older = random.pick<Uint8Array | undefined>([undefined, ...former]);
    return older && new Uint8Array(older);
  },
};
