import { UsageText } from "./usage-text.ts";

/** A body that was read up to a limit. */
export interface Gathered {
  /** All of it, where it ended within the limit. */
  readonly whole: Uint8Array<ArrayBuffer> | undefined;
  /** The same body otherwise, from its beginning. */
  readonly body: ReadableStream<Uint8Array>;
}

/** Reads a body that is there already, unless it is longer than `limit` bytes: then the rest comes as its reader asks for it. */
export async function gather(body: ReadableStream<Uint8Array>, limit: number): Promise<Gathered> {
  const reader = body.getReader();
  const pieces: Uint8Array[] = [];
  for (let length = 0; length <= limit;) {
    const { done, value } = await reader.read();
    if (done) {
      const whole = new Uint8Array(Buffer.concat(pieces));
      return { whole, body };
    }
    pieces.push(value);
    length += value.length;
  }
  return { whole: undefined, body: new ReadableStream(restOf(pieces, reader), { highWaterMark: 0 }) };
}

function restOf(
  pieces: Uint8Array[],
  reader: ReadableStreamDefaultReader<Uint8Array>,
): UnderlyingDefaultSource<Uint8Array> {
  return {
    async pull(controller) {
      const first = pieces.shift();
      if (first !== undefined) return controller.enqueue(first);
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  };
}

/** What a body was, as far as it is kept. */
export interface Watched {
  readonly text: string;
  /** Whether it broke off, or its reader left. */
  readonly broken: boolean;
}

/**
 * A body that passes through, one piece at a time and at its reader's pace.
 *
 * @param onEnd told once, when it is over
 * @param onBreak told before a body that breaks off ends, so that the client cannot take it for whole
 */
export function watch(
  body: ReadableStream<Uint8Array>,
  contentType: string,
  onEnd: (watched: Watched) => void,
  onBreak: () => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const kept = new UsageText(contentType);
  let over = false;
  const end = (broken: boolean) => {
    if (!over) onEnd({ text: kept.text(), broken });
    over = true;
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) {
            kept.add(value);
            return controller.enqueue(value);
          }
          end(false);
        } catch {
          end(true);
          onBreak();
        }
        controller.close();
      },
      cancel(reason) {
        end(true);
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
