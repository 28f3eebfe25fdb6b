/** How the events of a body are looked at. */
export interface Looks {
  /** Whether a client reads no further. */
  readonly isLast: (event: Uint8Array) => boolean;
  /** Whether a client may leave at this event, and not say so. */
  readonly isFailure: (event: Uint8Array) => boolean;
  /** The event as this client wants it; empty for one that it does not. */
  readonly translate: (event: Uint8Array) => Uint8Array;
}

/** How long a failure is held back for the end of its stream, which follows it at once unless the upstream hangs. */
const longestEndMs = 500;

/** What is left in a recording's reader as the body of a response. Nothing is read ahead of the client but the end. */
export function bodyFrom(
  reader: ReadableStreamDefaultReader<unknown>,
  { isLast, isFailure, translate }: Looks,
): ReadableStream<Uint8Array> {
  let rest: Promise<Uint8Array[]> | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        for (;;) {
          if (rest !== undefined) {
            for (const event of await rest) controller.enqueue(event);
            return controller.close();
          }
          const { done, value } = await reader.read();
          if (done) return controller.close();
          if (!(value instanceof Uint8Array)) continue;
          // A client that has what it waits for cancels. The recording must be complete by then, or the answer would be lost.
          if (isLast(value)) await reader.read();
          // Some clients neither cancel nor read on, and ask again at once. The call must be over by then, or they would join it and fail alike.
          else if (isFailure(value)) {
            rest = restOf(reader, translate);
            await settledWithin(longestEndMs, rest);
          }
          const event = translate(value);
          // An event that this caller did not ask for is not even an empty piece.
          if (event.length > 0) return controller.enqueue(event);
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

function restOf(reader: ReadableStreamDefaultReader<unknown>, translate: Looks["translate"]): Promise<Uint8Array[]> {
  const read = async () => {
    const events: Uint8Array[] = [];
    for (let next = await reader.read(); !next.done; next = await reader.read())
      if (next.value instanceof Uint8Array) events.push(translate(next.value));
    return events.filter(({ length }) => length > 0);
  };
  const rest = read();
  // The client may never ask for it.
  rest.catch(() => undefined);
  return rest;
}

async function settledWithin(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<void>((resolve) => void (timer = setTimeout(resolve, ms)));
  const settled = work.then(
    () => undefined,
    () => undefined,
  );
  await Promise.race([settled, over]);
  clearTimeout(timer);
}
