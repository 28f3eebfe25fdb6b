import { type Content, decodeContent, encodeContent, encodeRecording, type RecordedChunk } from "./content.ts";
import { pauseFor, untilAborted } from "./deadline.ts";
import { describeType } from "./describe-type.ts";
import { onAbort } from "./on-abort.ts";

/** A stream that an answer comes in. */
export type StreamSource<Chunk> = AsyncIterable<Chunk> | ReadableStream<Chunk>;

/** A stream that can be read both ways. Leaving it early, or cancelling it, tells whoever makes it. */
export type AnswerStream<Chunk> = ReadableStream<Chunk> & AsyncIterable<Chunk>;

/** How a source ended: in order, or with an error, its own or the reason of an abort. */
export type RecordingEnd = { readonly error?: never } | { readonly error: unknown };

interface HeldChunk {
  readonly offset: number;
  /** The private copy; `undefined` for a chunk that cannot be copied. */
  readonly content: Content | undefined;
  /** The chunk itself, for its first reader. */
  original: { readonly value: unknown } | undefined;
}

/**
 * Records a stream while any number of readers consume it, each from the start. The source is asked for a chunk only when a reader
 * wants one that is not there yet: when all readers stop, so does it.
 */
export class Recording<Chunk = unknown> {
  readonly #source: AsyncIterator<Chunk>;
  readonly #openedAt = performance.now();
  readonly #chunks: HeldChunk[] = [];
  readonly #onEnd: (end: RecordingEnd) => void;
  #pulling: Promise<void> | undefined;
  #end: RecordingEnd | undefined;

  /** @param onEnd called once, when the source has ended, failed, or been aborted through `signal` */
  constructor(source: StreamSource<Chunk>, signal: AbortSignal, onEnd: (end: RecordingEnd) => void) {
    this.#source = iterate(source);
    this.#onEnd = onEnd;
    const stop = () => this.#stop({ error: signal.reason });
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  }

  /** The chunk at `index`, or `undefined` when the stream ended before it. @throws what the source threw */
  async at(index: number): Promise<{ readonly value: Chunk } | undefined> {
    for (;;) {
      const held = this.#chunks[index];
      if (held !== undefined) return { value: takeChunk(held) as Chunk };
      if (this.#end !== undefined) {
        if ("error" in this.#end) throw this.#end.error;
        return undefined;
      }
      await (this.#pulling ??= this.#pull());
    }
  }

  /** All chunks as one content, or `undefined` when the stream is not complete or a chunk cannot be stored. */
  content(): Content | undefined {
    if (this.#end === undefined || "error" in this.#end) return undefined;
    const chunks: RecordedChunk[] = [];
    for (const { offset, content } of this.#chunks) {
      if (content === undefined) return undefined;
      chunks.push({ offset, content });
    }
    return encodeRecording(chunks);
  }

  async #pull(): Promise<void> {
    try {
      const next = await this.#source.next();
      if (next.done === true) this.#finish({});
      else if (this.#end === undefined) this.#chunks.push(this.#hold(next.value));
    } catch (error) {
      this.#finish({ error });
    } finally {
      this.#pulling = undefined;
    }
  }

  #hold(value: Chunk): HeldChunk {
    const offset = performance.now() - this.#openedAt;
    try {
      return { offset, content: encodeContent(value), original: { value } };
    } catch {
      // The recording will have no content, which is how its owner learns that it cannot be stored.
      return { offset, content: undefined, original: { value } };
    }
  }

  #stop(end: RecordingEnd): void {
    this.#finish(end);
    void leaveIterator(this.#source);
  }

  #finish(end: RecordingEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#onEnd(end);
  }
}

/** The first reader gets the chunk itself, every other a copy; a chunk that cannot be copied is shared. */
function takeChunk(held: HeldChunk): unknown {
  const { original, content } = held;
  if (original === undefined) return content && decodeContent(content);
  if (content !== undefined) held.original = undefined;
  return original.value;
}

function iterate<Chunk>(source: StreamSource<Chunk>): AsyncIterator<Chunk> {
  if (typeof source !== "object" || source === null || !("getReader" in source || Symbol.asyncIterator in source)) {
    throw new TypeError(
      `a stream's factory must give an AsyncIterable or a ReadableStream, got ${describeType(source)}`,
    );
  }
  if (!("getReader" in source)) return source[Symbol.asyncIterator]();
  // By a reader, because an iterator cancels only after the read that is under way, and a model that hangs never ends that.
  const reader = source.getReader();
  return {
    next: async () => {
      const { done, value } = await reader.read();
      return done ? { done, value: undefined } : { done, value };
    },
    return: async () => {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
}

/** Tells a source that nobody reads it any more. One that hangs would hang here too, so nobody should wait; how it ends is no one's concern. */
export async function leaveIterator(source: AsyncIterator<unknown>): Promise<void> {
  try {
    await source.return?.();
  } catch {
    // What it throws now has no reader.
  }
}

/** A stream that goes past the cache. */
export function passThrough<Chunk>(source: StreamSource<Chunk>, signal: AbortSignal | undefined): AnswerStream<Chunk> {
  const chunks = iterate(source);
  const next = async () => {
    const chunk = await chunks.next();
    return chunk.done === true ? undefined : { value: chunk.value };
  };
  return openStream(next, signal, () => void leaveIterator(chunks));
}

/**
 * A stream for one caller.
 *
 * @param chunkAt the chunk at an index, or `undefined` after the last
 * @param onLeave called once, when the stream has been read, left early, aborted or has failed
 */
export function openStream<Chunk>(
  chunkAt: (index: number) => Promise<{ readonly value: Chunk } | undefined>,
  signal: AbortSignal | undefined,
  onLeave: (reason?: unknown) => void,
): AnswerStream<Chunk> {
  let index = 0;
  let stopListening = () => {};
  const leave = (reason?: unknown) => {
    stopListening();
    onLeave(reason);
  };
  return new ReadableStream<Chunk>(
    {
      start(controller) {
        const abort = () => {
          leave(signal?.reason);
          controller.error(signal?.reason);
        };
        if (signal?.aborted === true) return abort();
        stopListening = onAbort(signal, abort);
      },
      async pull(controller) {
        try {
          const chunk = await untilAborted(chunkAt(index), signal);
          index++;
          if (chunk !== undefined) return controller.enqueue(chunk.value);
          leave();
          controller.close();
        } catch (error) {
          leave(error);
          controller.error(error);
        }
      },
      cancel: leave,
    },
    // Nothing is read ahead: a caller that stops reading stops the model.
    { highWaterMark: 0 },
  ) as AnswerStream<Chunk>;
}

/** A chunk to be replayed. */
export interface ReplayedChunk<Chunk> {
  /** When it came, in ms since the stream was opened. */
  readonly offset: number;
  readonly value: Chunk;
}

/** Replays chunks, at once or in the rhythm they came in. */
export function replayStream<Chunk>(
  chunks: readonly ReplayedChunk<Chunk>[],
  pace: "instant" | "recorded",
  signal: AbortSignal | undefined,
): AnswerStream<Chunk> {
  const startedAt = performance.now();
  let waiting: ReturnType<typeof pauseFor> | undefined;
  const chunkAt = async (index: number) => {
    const chunk = chunks[index];
    const early = chunk === undefined || pace === "instant" ? 0 : startedAt + chunk.offset - performance.now();
    if (early > 0) {
      waiting = pauseFor(early);
      await waiting.over;
    }
    return chunk;
  };
  return openStream(chunkAt, signal, () => waiting?.end());
}
