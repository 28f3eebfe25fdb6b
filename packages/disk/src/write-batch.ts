/** One write, as the writer's thread gets it. */
export type Write =
  | { readonly kind: "put"; readonly key: string; readonly value: Uint8Array; readonly expiresAt: number | null }
  | {
      readonly kind: "swap";
      readonly key: string;
      readonly value: Uint8Array;
      readonly expiresAt: number | null;
      readonly expected: Uint8Array | undefined;
    }
  | { readonly kind: "delete"; readonly key: string }
  /** Deletes the entry if its checksum is wrong, also by then: another process may have written it anew. */
  | { readonly kind: "discard"; readonly key: string }
  /** Changes nothing, and fails where a write would. */
  | { readonly kind: "nothing" };

/** What the main thread sends: writes that are committed together. */
export interface WriteBatch {
  readonly writes: readonly Write[];
  /** The entries (by `id`) that were read lately, so that they are kept longer. */
  readonly touched: readonly number[];
  /** Epoch ms, for what has expired. */
  readonly now: number;
  /** A database that the main thread found damaged, and how. */
  readonly damaged: { readonly path: string; readonly failure: Failure } | undefined;
}

/** What became of one write. */
export interface WriteOutcome {
  /** Whether a swap wrote. */
  readonly wrote: boolean;
  /** The keys that had to go for it. */
  readonly evicted: readonly string[];
  readonly failure?: Failure;
}

/** What the writer answers, once it is committed. */
export interface WriteReply {
  /** One for each write, in order. */
  readonly outcomes: readonly WriteOutcome[];
  /** The database that it has open. */
  readonly path: string | undefined;
  /** A damaged database that was set aside: what it is called now, and what was wrong with it. */
  readonly setAside: { readonly path: string; readonly failure: Failure } | undefined;
}

/** An error on its way between threads, which keep no more of one than its message. */
export interface Failure {
  readonly message: string;
  readonly details: Readonly<Record<string, string | number>>;
}

/** Takes an error apart to send it. Its codes are kept, its stack is not. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { message: String(error), details: {} };
  const details: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(error)) {
    if (typeof value === "string" || typeof value === "number") details[name] = value;
  }
  return { message: error.message, details };
}

/** Puts an error together again. */
export function errorOf({ message, details }: Failure): Error {
  return Object.assign(new Error(message), details);
}

/** Copies the bytes of every write, once, into one buffer that can be handed over: the caller's own stay his. */
export function packWrites(writes: readonly Write[]): {
  readonly writes: readonly Write[];
  readonly buffer: ArrayBuffer;
} {
  let length = 0;
  for (const write of writes) length += byteLengthOf(write);
  // Not zeroed first, and, unlike most of Node's buffers, not a part of one that others use.
  const { buffer } = Buffer.allocUnsafeSlow(length);
  let position = 0;
  const copy = (bytes: Uint8Array) => {
    const view = new Uint8Array(buffer, position, bytes.length);
    view.set(bytes);
    position += bytes.length;
    return view;
  };
  const packed = writes.map((write): Write => {
    if (!("value" in write)) return write;
    const value = copy(write.value);
    return write.kind === "put"
      ? { ...write, value }
      : { ...write, value, expected: write.expected && copy(write.expected) };
  });
  return { writes: packed, buffer };
}

/** How many bytes a write carries, beside its key. */
export function byteLengthOf(write: Write): number {
  if (!("value" in write)) return 0;
  return write.value.length + (write.kind === "swap" ? (write.expected?.length ?? 0) : 0);
}
