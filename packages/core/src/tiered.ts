import {
  type Backend,
  expiryOf,
  type OperationOptions,
  type PutEntry,
  type PutOptions,
  type SemanticBackend,
} from "./backend.ts";
import { withDeadline } from "./deadline.ts";
import type { Bus } from "./bus.ts";
import { isLocal, isSelfGuarded, markSelfGuarded } from "./decorate.ts";
import { type Duration, parsePositiveDuration } from "./duration.ts";
import { type Fill, Fills } from "./fills.ts";
import { type Glance, glanceOf, markGlance } from "./glance.ts";
import { entryVersion, type Frame, readFrame } from "./frame.ts";
import { guarded } from "./guarded.ts";
import { Invalidation } from "./invalidation.ts";
import { isInternalKey } from "./key-segment.ts";
import { deleteMany, getMany, putMany, toError, unionOfKeys } from "./many.ts";
import { checkOptions } from "./options.ts";

/** A member of `tiered` with settings of its own. */
export interface Tier {
  readonly backend: Backend;
  /** The longest that this tier keeps an entry, whatever the entry's own time to live. @default no limit */
  readonly maxTtl?: Duration | undefined;
  /** Whether only this process sees it. @default whether it is `memory` */
  readonly local?: boolean | undefined;
  /** How long a read of this tier may take. @default "400ms": less than a cache's `readTimeout`, so that what another tier found is still served */
  readonly timeout?: Duration | undefined;
}

export interface TieredOptions {
  /**
   * Tells the other processes what is written and deleted here, and drops from the tiers that only this process sees what others wrote and
   * deleted. Without it such a tier serves an entry until its time is over. @default none
   */
  readonly bus?: Bus | undefined;
  /** @default "tiered" */
  readonly name?: string | undefined;
  /** The time, in epoch ms. @default Date.now */
  readonly clock?: (() => number) | undefined;
}

interface Member {
  readonly backend: Backend;
  readonly local: boolean;
  readonly maxTtlMs: number;
  readonly timeoutMs: number;
}

type Found = Uint8Array | undefined;

/**
 * Several stores as one, the nearest first: usually memory above a shared store, which is the last and holds the truth.
 *
 * A hit lower down fills the tiers above for the entry's own remaining time. Writes and removals reach every tier; a hit anywhere wins,
 * otherwise the failure of a member rejects. Each member gets a deadline and a breaker of its own, so the others go on when it is gone.
 * Core's own records (a segment of the key begins with `_`) live in the last tier only. `swap` and `nearest` are the last tier's.
 *
 * @throws {TypeError} for no member, or an unknown option.
 */
export function tiered(
  tiers: readonly (Backend | Tier)[],
  options: TieredOptions = {},
): Backend & Partial<Pick<SemanticBackend, "dimensions" | "nearest">> {
  checkOptions("tiered", options, ["name", "clock", "bus"]);
  const clock = options.clock ?? Date.now;
  const members = tiers.map((tier) => toMember(tier, clock));
  const last = members.at(-1);
  if (last === undefined) throw new TypeError("tiered needs at least one backend");
  const store = new TieredStore(members, last, clock, options.bus);
  const backends = members.map((member) => member.backend);
  const lastBackend = last.backend as Backend & Partial<SemanticBackend>;
  const { swap, dimensions, nearest } = lastBackend;
  const limits = backends.map((backend) => backend.maxValueBytes ?? Infinity);
  const delays = backends.map((backend) => backend.expiryGranularityMs ?? Infinity);
  const together = markSelfGuarded({
    name: options.name ?? "tiered",
    ...(Math.max(...limits) < Infinity && { maxValueBytes: Math.max(...limits) }),
    ...(Math.max(...delays) < Infinity && { expiryGranularityMs: Math.max(...delays) }),
    get: (key, given) => store.get(key, given),
    put: (key, value, given) => store.put(key, value, given),
    delete: (key, given) => store.delete(key, given),
    getMany: (keys, given) => store.getMany(keys, given),
    putMany: (entries, given) => store.putMany(entries, given),
    deleteMany: (keys, given) => store.deleteMany(keys, given),
    ...(swap && {
      swap: (key, expected, value, given) => store.swap(swap.bind(lastBackend), key, expected, value, given),
    }),
    ...(backends.every((backend) => backend.list) && { list: (prefix, given) => unionOfKeys(backends, prefix, given) }),
    ...(backends.some((backend) => backend.ping) && { ping: (given) => store.ping(given) }),
    ...(nearest && dimensions && { dimensions, nearest: nearest.bind(lastBackend) }),
    [Symbol.asyncDispose]: () => store.dispose(),
  } satisfies Backend & Partial<SemanticBackend>);
  const glance = store.glance();
  return glance === undefined ? together : markGlance(together, glance);
}

function toMember(tier: Backend | Tier, clock: () => number): Member {
  // A backend may have a member called `backend`, for what it wraps.
  const given: Tier = "get" in tier ? { backend: tier } : tier;
  checkOptions("tiered", given, ["backend", "maxTtl", "local", "timeout"]);
  const { backend, maxTtl = Infinity, timeout = "400ms", local = isLocal(backend) } = given;
  return {
    local,
    backend: isSelfGuarded(backend) ? backend : guarded(backend, { timeout, clock }),
    maxTtlMs: parsePositiveDuration(maxTtl, "maxTtl"),
    timeoutMs: parsePositiveDuration(timeout, "timeout"),
  };
}

class TieredStore {
  readonly #members: readonly Member[];
  readonly #last: Member;
  readonly #clock: () => number;
  readonly #fills = new Fills();
  readonly #invalidation: Invalidation | undefined;

  constructor(members: readonly Member[], last: Member, clock: () => number, bus: Bus | undefined) {
    const local = members.filter((member) => member.local).map(({ backend }) => backend);
    this.#invalidation = bus && new Invalidation(bus, local, this.#fills);
    this.#members = members;
    this.#last = last;
    this.#clock = clock;
  }

  /** The look into the first tier, if that is this process's own: what is fresh there is served from there. */
  glance(): Glance | undefined {
    const [first] = this.#members;
    const glance = first && glanceOf(first.backend);
    if (first === undefined || glance === undefined) return undefined;
    return {
      look: (key) => {
        if (this.#invalidation?.trusts(first.backend) === false) return undefined;
        const held = glance.look(key);
        return held && this.#isKept(first, held.value) ? held : undefined;
      },
      keep: (key, kept) => glance.keep(key, kept),
    };
  }

  async get(key: string, options?: OperationOptions): Promise<Found> {
    const [found] = await this.getMany([key], options);
    if (found instanceof Error) throw found;
    return found;
  }

  async getMany(keys: readonly string[], options?: OperationOptions): Promise<(Found | Error)[]> {
    const searches = new Map<string, Search>();
    for (const key of new Set(keys)) searches.set(key, new Search(key, this.#fills.begin(key)));
    try {
      for (const [depth, member] of this.#members.entries()) {
        if (this.#invalidation?.trusts(member.backend) === false) continue;
        const open = [...searches.values()].filter((search) => !search.done && this.#holds(member, search.key));
        if (open.length > 0) await this.#searchMember(member, depth, open, options);
      }
    } finally {
      for (const search of searches.values()) this.#finish(search, options);
    }
    return keys.map((key) => searches.get(key)?.outcome());
  }

  async #searchMember(
    member: Member,
    depth: number,
    searches: readonly Search[],
    options?: OperationOptions,
  ): Promise<void> {
    const keys = searches.map((search) => search.key);
    const deadline = { ms: member.timeoutMs, backend: member.backend.name, operation: "getMany", key: keys[0] };
    // The whole of it within the tier's time-out, so that one without batches cannot use up the time of what others have found.
    const reading = withDeadline(deadline, options?.signal, (signal) =>
      getMany(member.backend, keys, { ...options, signal }),
    );
    const results = await reading.catch((error: unknown) => {
      options?.signal?.throwIfAborted();
      return keys.map(() => toError(error));
    });
    for (const [index, search] of searches.entries()) {
      const result = results[index];
      if (result instanceof Error) {
        search.failure = result;
        options?.report?.({
          type: "failed",
          backend: member.backend.name,
          operation: "get",
          key: search.key,
          error: result,
        });
      } else if (result !== undefined && this.#isKept(member, result)) {
        search.found(result, depth, this.#clock());
      }
    }
  }

  /** Tells who served the entry and begins to copy it into the tiers above. */
  #finish(search: Search, options: OperationOptions | undefined): void {
    const { key, fill, best } = search;
    const frame = best && timesOf(best.bytes);
    const backend = best && this.#members[best.depth]?.backend;
    if (backend) options?.report?.({ type: "served", backend: backend.name, key });
    const above = best ? this.#members.slice(0, best.depth).filter((member) => this.#holds(member, key)) : [];
    // Without a frame the remaining time is unknown, so a copy could outlive the original.
    if (!best || !frame || frame.staleUntil <= this.#clock() || above.length === 0) return this.#fills.end(key, fill);
    fill.writing = this.#fill(above, key, best.bytes, fill, frame, options).finally(() => this.#fills.end(key, fill));
  }

  async #fill(
    members: readonly Member[],
    key: string,
    value: Uint8Array,
    fill: Fill,
    frame: Frame,
    options: OperationOptions | undefined,
  ): Promise<void> {
    // The caller owns the bytes that it was given, and may change them before a slow tier has taken its copy.
    const copy = new Uint8Array(value);
    for (const member of members) {
      if (fill.outdated) return;
      // The caller's abort ends its read, not the copy.
      const putOptions = { report: options?.report, ...expiryOf(this.#capped(member, frame.staleUntil)) };
      if (fits(member, copy))
        await this.#reported(member, "put", key, options, member.backend.put(key, copy, putOptions));
    }
  }

  async put(key: string, value: Uint8Array, options?: PutOptions): Promise<void> {
    await this.putMany([{ key, value, ...(options && { options }) }], options);
  }

  async putMany(entries: readonly PutEntry[], options?: OperationOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    const putAll = () => Promise.allSettled(this.#members.map((member) => this.#putInto(member, entries, options)));
    const results = await this.#fills.during(
      entries.map(({ key }) => key),
      putAll,
    );
    options?.signal?.throwIfAborted();
    const failures = results.filter((result) => result.status === "rejected");
    this.#tell(
      "written",
      entries.map(({ key }) => key),
      options,
    );
    if (entries.length > 0 && failures.length === results.length) throw failures.at(-1)?.reason;
  }

  /** Writes what the tier can hold. What it cannot hold, or failed to write, must not stay there in its old form. */
  async #putInto(member: Member, entries: readonly PutEntry[], options: OperationOptions | undefined): Promise<void> {
    const own = entries.filter(({ key }) => this.#holds(member, key));
    const fitting = own.filter(({ value }) => fits(member, value)).map((entry) => this.#withCap(member, entry));
    const unfit = own.filter(({ value }) => !fits(member, value)).map(({ key }) => key);
    if (unfit.length > 0) await this.#drop(member, unfit, options);
    if (fitting.length === 0) throw new RangeError(`${member.backend.name} takes none of these entries`);
    try {
      await putMany(member.backend, fitting, options);
    } catch (error) {
      options?.report?.({
        type: "failed",
        backend: member.backend.name,
        operation: "put",
        key: fitting[0]?.key,
        error,
      });
      await this.#drop(
        member,
        fitting.map(({ key }) => key),
        options,
      );
      throw error;
    }
  }

  async delete(key: string, options?: OperationOptions): Promise<void> {
    await this.deleteMany([key], options);
  }

  async deleteMany(keys: readonly string[], options?: OperationOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    try {
      await this.#fills.during(keys, () => allOf(this.#members, (member) => deleteMany(member.backend, keys, options)));
    } finally {
      this.#tell("deleted", keys, options);
    }
  }

  async swap(
    swap: NonNullable<Backend["swap"]>,
    key: string,
    expected: Found,
    value: Uint8Array,
    options?: PutOptions,
  ): Promise<boolean> {
    const { options: capped } = this.#withCap(this.#last, { key, value, ...(options && { options }) });
    return this.#fills.during([key], async () => {
      if (!(await swap(key, expected, value, capped))) return false;
      await allOf(this.#members.slice(0, -1), (member) => member.backend.delete(key, options));
      this.#tell("written", [key], options);
      return true;
    });
  }

  async ping(options?: OperationOptions): Promise<void> {
    await allOf(this.#members, async ({ backend }) => backend.ping?.(options));
  }

  async dispose(): Promise<void> {
    this.#invalidation?.close();
    await this.#fills.settled();
    await allOf(this.#members, async ({ backend }) => backend[Symbol.asyncDispose]?.());
  }

  /** Of core's own records nobody else has a copy. */
  #tell(type: "written" | "deleted", keys: readonly string[], options: OperationOptions | undefined): void {
    const shared = keys.filter((key) => !isInternalKey(key));
    if (shared.length > 0) this.#invalidation?.tell(type, shared, options);
  }

  #holds(member: Member, key: string): boolean {
    return member === this.#last || !isInternalKey(key);
  }

  /** Whether the tier's cap still allows the entry. A store that drops expired entries itself was told the cap when it was written. */
  #isKept({ backend, maxTtlMs }: Member, value: Uint8Array): boolean {
    if (maxTtlMs === Infinity || backend.expiryGranularityMs !== undefined) return true;
    const frame = timesOf(value);
    return frame === undefined || this.#clock() - frame.createdAt <= maxTtlMs;
  }

  #capped({ maxTtlMs }: Member, expiresAt: number | undefined): number {
    return Math.min(expiresAt ?? Infinity, this.#clock() + maxTtlMs);
  }

  #withCap(member: Member, entry: PutEntry): PutEntry {
    const { expiresAt, ...rest } = entry.options ?? {};
    return { ...entry, options: { ...rest, ...expiryOf(this.#capped(member, expiresAt)) } };
  }

  async #drop(member: Member, keys: readonly string[], options: OperationOptions | undefined): Promise<void> {
    await this.#reported(member, "delete", keys[0], options, deleteMany(member.backend, keys, options));
  }

  async #reported(
    member: Member,
    operation: string,
    key: string | undefined,
    options: OperationOptions | undefined,
    work: Promise<void>,
  ) {
    await work.catch((error: unknown) => {
      options?.report?.({ type: "failed", backend: member.backend.name, operation, key, error });
    });
  }
}

/** The search for one key from tier to tier. */
class Search {
  readonly key: string;
  readonly fill: Fill;
  failure: Error | undefined;
  best: { readonly bytes: Uint8Array; readonly depth: number } | undefined;
  done = false;

  constructor(key: string, fill: Fill) {
    this.key = key;
    this.fill = fill;
  }

  /** A stale entry is kept in hand while the tiers below may hold a newer one. */
  found(bytes: Uint8Array, depth: number, now: number): void {
    const held = this.best && timesOf(this.best.bytes);
    const frame = timesOf(bytes);
    this.done = frame === undefined || now < frame.freshUntil;
    if (held === undefined || frame === undefined || frame.createdAt > held.createdAt) this.best = { bytes, depth };
  }

  /** The caller owns what it gets, so a key that was asked for twice gets a copy. */
  outcome(): Found | Error {
    if (this.best === undefined) return this.failure;
    const { bytes } = this.best;
    this.best = { ...this.best, bytes: new Uint8Array(bytes) };
    return bytes;
  }
}

function timesOf(bytes: Uint8Array): Frame | undefined {
  const frame = readFrame(bytes);
  return frame?.version === entryVersion ? frame : undefined;
}

function fits({ backend }: Member, value: Uint8Array): boolean {
  return value.byteLength <= (backend.maxValueBytes ?? Infinity);
}

/** Tries every member, then rejects with the first failure. */
async function allOf(members: readonly Member[], work: (member: Member) => Promise<void>): Promise<void> {
  const results = await Promise.allSettled(members.map(work));
  const failure = results.find((result) => result.status === "rejected");
  if (failure !== undefined) throw failure.reason;
}
