import type { Backend, OperationOptions, PutEntry } from "./backend.ts";
import { isSelfGuarded, markSelfGuarded } from "./decorate.ts";
import { guarded } from "./guarded.ts";
import { isInternalKey } from "./key-segment.ts";
import { deleteMany, getMany, putMany, unionOfKeys } from "./many.ts";
import { checkOptions } from "./options.ts";

export interface MirroredOptions {
  /** @default "mirrored" */
  readonly name?: string | undefined;
}

/**
 * Several stores that hold the same. Writes and removals go to all, reads to the first that answers: it may say that the key is missing,
 * and then it is. Each has a deadline and a breaker of its own. A write that only some of them take is an event; a removal that only some
 * of them take rejects. Core's own records (a segment of the key begins with `_`) live in the first alone, because a copy could be out of date.
 * There is no `swap`, because no compare and swap spans two stores.
 *
 * @throws {TypeError} for no member, or an unknown option
 */
export function mirrored(members: readonly Backend[], options: MirroredOptions = {}): Backend {
  checkOptions("mirrored", options, ["name"]);
  const stores = members.map((member) => (isSelfGuarded(member) ? member : guarded(member, { timeout: "400ms" })));
  const [main] = stores;
  if (main === undefined) throw new TypeError("mirrored needs at least one backend");
  const limit = Math.min(...stores.map(({ maxValueBytes }) => maxValueBytes ?? Infinity));
  const mirror = new Mirror(stores, main, limit);
  return markSelfGuarded<Backend>({
    name: options.name ?? "mirrored",
    ...(limit < Infinity && { maxValueBytes: limit }),
    get: async (key, given) => {
      const [found] = await mirror.getMany([key], given);
      if (found instanceof Error) throw found;
      return found;
    },
    put: (key, value, given) => mirror.putMany([{ key, value, ...(given && { options: given }) }], given),
    delete: (key, given) => mirror.deleteMany([key], given),
    getMany: (keys, given) => mirror.getMany(keys, given),
    putMany: (entries, given) => mirror.putMany(entries, given),
    deleteMany: (keys, given) => mirror.deleteMany(keys, given),
    ...(stores.every(({ list }) => list) && { list: (prefix, given) => unionOfKeys(stores, prefix, given) }),
    ...(stores.some(({ ping }) => ping) && {
      ping: (given) => mirror.onAll("ping", given, (store) => store.ping?.(given)),
    }),
    [Symbol.asyncDispose]: () => mirror.onAll("dispose", undefined, (store) => store[Symbol.asyncDispose]?.()),
  } satisfies Backend);
}

class Mirror {
  readonly #stores: readonly Backend[];
  readonly #main: Backend;
  readonly #maxValueBytes: number;

  constructor(stores: readonly Backend[], main: Backend, maxValueBytes: number) {
    this.#stores = stores;
    this.#main = main;
    this.#maxValueBytes = maxValueBytes;
  }

  async getMany(keys: readonly string[], options?: OperationOptions): Promise<(Uint8Array | undefined | Error)[]> {
    const internal = keys.filter(isInternalKey);
    const shared = keys.filter((key) => !isInternalKey(key));
    const results = new Map<string, Uint8Array | undefined | Error>();
    const read = async (store: Backend, wanted: readonly string[]) => {
      const found = await getMany(store, wanted, options);
      for (const [index, key] of wanted.entries()) {
        const result = found[index];
        results.set(key, result);
        if (result instanceof Error) this.#tell(store, "get", key, options, result);
        else if (result !== undefined) options?.report?.({ type: "served", backend: store.name, key });
      }
    };
    if (internal.length > 0) await read(this.#main, internal);
    let unanswered = shared;
    for (const store of this.#stores) {
      if (unanswered.length === 0) break;
      try {
        await read(store, unanswered);
        unanswered = unanswered.filter((key) => results.get(key) instanceof Error);
      } catch (error) {
        this.#tell(store, "get", unanswered[0], options, error);
        for (const key of unanswered)
          results.set(key, error instanceof Error ? error : new Error("a mirror failed", { cause: error }));
      }
    }
    return keys.map((key) => results.get(key));
  }

  async putMany(entries: readonly PutEntry[], options?: OperationOptions): Promise<void> {
    const tooLarge = entries.find(({ value }) => value.length > this.#maxValueBytes);
    if (tooLarge !== undefined) {
      throw new RangeError(
        `the mirrors take values of up to ${this.#maxValueBytes} bytes, got ${tooLarge.value.length}`,
      );
    }
    const results = await Promise.allSettled(this.#stores.map((store) => this.#putInto(store, entries, options)));
    options?.signal?.throwIfAborted();
    const [main] = results;
    const internal = entries.some(({ key }) => isInternalKey(key));
    if (main?.status === "rejected" && (internal || results.every(({ status }) => status === "rejected")))
      throw main.reason;
  }

  async deleteMany(keys: readonly string[], options?: OperationOptions): Promise<void> {
    await this.onAll("delete", options, (store) => deleteMany(store, keys, options));
  }

  /** Does something on every store, then rejects with the first failure. */
  async onAll(
    operation: string,
    options: OperationOptions | undefined,
    work: (store: Backend) => Promise<void> | undefined,
  ): Promise<void> {
    const results = await Promise.allSettled(this.#stores.map(async (store) => work(store)));
    for (const [index, result] of results.entries()) {
      if (result.status === "rejected")
        this.#tell(this.#stores[index] ?? this.#main, operation, undefined, options, result.reason);
    }
    const failure = results.find((result) => result.status === "rejected");
    if (failure !== undefined) throw failure.reason;
  }

  /** A store that failed to take a new value must not keep the old one. */
  async #putInto(store: Backend, entries: readonly PutEntry[], options: OperationOptions | undefined): Promise<void> {
    const own = store === this.#main ? entries : entries.filter(({ key }) => !isInternalKey(key));
    try {
      await putMany(store, own, options);
    } catch (error) {
      this.#tell(store, "put", own[0]?.key, options, error);
      await deleteMany(
        store,
        own.map(({ key }) => key),
        options,
      ).catch((refused: unknown) => this.#tell(store, "delete", own[0]?.key, options, refused));
      throw error;
    }
  }

  #tell(
    store: Backend,
    operation: string,
    key: string | undefined,
    options: OperationOptions | undefined,
    error: unknown,
  ): void {
    options?.signal?.throwIfAborted();
    options?.report?.({ type: "failed", backend: store.name, operation, key, error });
  }
}
