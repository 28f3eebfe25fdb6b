import type { Backend, OperationOptions } from "./backend.ts";
import { longestTimerMs, pauseFor, untilAborted, withDeadline } from "./deadline.ts";
import { isLlmCacheError } from "./errors.ts";
import { sameBytes } from "./memory.ts";

/** What came of a lease's call. A lease that carries one is free. */
export type LeaseOutcome = "stored" | "not-stored" | "failed";

/** What a lease's record says. Owner and sequence make each record unlike every other. */
interface LeaseRecord {
  readonly owner: string;
  readonly sequence: number;
  readonly durationMs: number;
  readonly outcome?: LeaseOutcome;
}

export interface LeaseContext {
  readonly backend: Backend;
  readonly durationMs: number;
  readonly timeoutMs: number;
  readonly clock: () => number;
  readonly options: OperationOptions;
  /** Told of what the store does wrong in the background: a lease is never worth an exception. */
  readonly onError: (error: unknown) => void;
  /** Called when the lease has been released: others may be waiting. */
  readonly onRelease: () => void;
}

/** How long the record of a lease outlives it, in ms: as long as a waiter that sleeps may need to see its outcome. */
const keptMs = 60_000;

/**
 * A record may claim this many times the duration of our own leases, because processes may be set up differently while a change is rolled
 * out. One that claims more is damaged or foreign, and nobody renews it.
 */
const mostTimesOurs = 10;

/** The first pause between two looks at another's lease, and the longest, in ms: short beside a model's call, long beside a look. */
const pauses = { first: 2, longest: 25 } as const;

/**
 * The right to make the answer to a key, for one process at a time. It is held by renewing it: whoever has seen its record unchanged for its
 * duration, on a clock of their own, may take it over. A holder that was replaced neither renews nor releases another's.
 */
export class Lease {
  readonly #context: LeaseContext;
  readonly #key: string;
  #record: LeaseRecord;
  #bytes: Uint8Array;
  #lost = false;
  /** One swap at a time: two would race for the same record. */
  #turn: Promise<unknown> = Promise.resolve();
  readonly #renewing: ReturnType<typeof setInterval>;

  constructor(context: LeaseContext, key: string, record: LeaseRecord, bytes: Uint8Array) {
    this.#context = context;
    this.#key = key;
    this.#record = record;
    this.#bytes = bytes;
    this.#renewing = setInterval(() => void this.renew(), Math.min(context.durationMs / 3, longestTimerMs));
    (this.#renewing as { unref?(): void }).unref?.();
  }

  /** Resolves to whether the lease is certainly still held, now for its whole duration. */
  renew(): Promise<boolean> {
    return this.#write({});
  }

  /** Gives the lease up, with what came of it. */
  async release(outcome: LeaseOutcome): Promise<void> {
    clearInterval(this.#renewing);
    if (await this.#write({ outcome })) this.#context.onRelease();
  }

  #write(change: Partial<LeaseRecord>): Promise<boolean> {
    const written = this.#turn.then(async () => {
      if (this.#lost) return false;
      const record = { ...this.#record, ...change, sequence: this.#record.sequence + 1 };
      const bytes = encode(record);
      try {
        if (await swapAndRecognise(this.#context, this.#key, this.#bytes, bytes)) {
          this.#record = record;
          this.#bytes = bytes;
          return true;
        }
        this.#lost = true;
        clearInterval(this.#renewing);
      } catch (error) {
        this.#context.onError(error);
      }
      return false;
    });
    this.#turn = written;
    return written;
  }
}

/** What a process that wants to make an answer is told. */
export type LeaseGrant =
  /** It holds the lease. */
  | { readonly lease: Lease }
  /** Another process has made the answer: it should be in the store. */
  | { readonly outcome: "stored" }
  /** Nobody holds it, or nobody can: go on without. */
  | { readonly outcome: "none" };

/**
 * Takes the lease of a key, or waits for the one who holds it. A waiter looks again and again, with pauses that grow, and at once when
 * `wake` says so.
 *
 * @param wake calls its argument when another process may have released the lease; returns how to stop that
 * @throws what the store throws, `BACKEND_TIMEOUT`, or the reason of `signal`
 */
export async function acquireLease(
  context: LeaseContext,
  key: string,
  signal: AbortSignal,
  wake: (look: () => void) => () => void,
): Promise<LeaseGrant> {
  let seen = await read(context, key);
  let seenAt = performance.now();
  if (isFree(seen)) {
    const lease = await take(context, key, seen);
    if (lease !== undefined) return { lease };
  }
  let pause: number = pauses.first;
  for (;;) {
    await sleep(pause, signal, wake);
    pause = Math.min(pause * 1.5, pauses.longest);
    const now = await read(context, key);
    if (!sameBytes(now, seen)) {
      seen = now;
      seenAt = performance.now();
    }
    const record = parse(now);
    // A waiter waits once: what was not stored for one will not be stored for the next either.
    if (record === undefined || record.outcome !== undefined)
      return { outcome: record?.outcome === "stored" ? "stored" : "none" };
    if (performance.now() - seenAt < Math.min(record.durationMs, context.durationMs * mostTimesOurs)) continue;
    const lease = await take(context, key, now);
    if (lease !== undefined) return { lease };
    // Another was faster, or the store says no to everyone.
    if (sameBytes(await read(context, key), now)) return { outcome: "none" };
  }
}

async function take(context: LeaseContext, key: string, seen: Uint8Array | undefined): Promise<Lease | undefined> {
  const record: LeaseRecord = { owner: crypto.randomUUID(), sequence: 0, durationMs: context.durationMs };
  const bytes = encode(record);
  return (await swapAndRecognise(context, key, seen, bytes)) ? new Lease(context, key, record, bytes) : undefined;
}

/** Swaps, and after a `false` or a rejection reads back: the swap may have been made all the same, and the record is like no other. */
async function swapAndRecognise(
  context: LeaseContext,
  key: string,
  seen: Uint8Array | undefined,
  bytes: Uint8Array,
): Promise<boolean> {
  const { backend, clock, durationMs } = context;
  const options = { ...context.options, expiresAt: clock() + durationMs + keptMs };
  try {
    if (await bounded(context, key, async () => backend.swap?.(key, seen, bytes, options))) return true;
  } catch (error) {
    if (isLlmCacheError(error) && error.code === "UNSUPPORTED") throw error;
    if (sameBytes(await read(context, key), bytes)) return true;
    throw error;
  }
  return sameBytes(await read(context, key), bytes);
}

function read(context: LeaseContext, key: string): Promise<Uint8Array | undefined> {
  return bounded(context, key, () => context.backend.get(key, context.options));
}

function bounded<Result>(
  { backend, timeoutMs }: LeaseContext,
  key: string,
  work: () => Promise<Result>,
): Promise<Result> {
  return withDeadline({ ms: timeoutMs, backend: backend.name, operation: "lease", key }, undefined, work);
}

async function sleep(ms: number, signal: AbortSignal, wake: (look: () => void) => () => void): Promise<void> {
  const pause = pauseFor(ms);
  const stopListening = wake(pause.end);
  try {
    await untilAborted(pause.over, signal);
  } finally {
    pause.end();
    stopListening();
  }
}

function isFree(bytes: Uint8Array | undefined): boolean {
  const record = parse(bytes);
  return record === undefined || record.outcome !== undefined;
}

function encode(record: LeaseRecord): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(record));
}

/** `undefined` for no record, and for what is none: a foreign one is taken over as if it were not there. */
function parse(bytes: Uint8Array | undefined): LeaseRecord | undefined {
  if (bytes === undefined) return undefined;
  try {
    const record = JSON.parse(new TextDecoder().decode(bytes)) as LeaseRecord;
    return typeof record.durationMs === "number" ? record : undefined;
  } catch {
    return undefined;
  }
}
