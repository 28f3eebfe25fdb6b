import { hasBody, headOf, isFailure, readAnswer } from "./answer.ts";
import { piecesOf } from "./event-stream.ts";
import { type Exchange, reply, replyToFailure, Upstream } from "./exchange.ts";
import type { StreamFormat } from "./formats/wire-format.ts";
import type { Framing } from "./framing.ts";
import { type Chunk, eventsOf, framingOf, isStreamHead, replayAnswer } from "./recorded-stream.ts";

/** Answers a request whose answer comes as a stream of events. An answer that turns out to be none is passed on, and not stored. */
export async function answerStream(exchange: Exchange, format: StreamFormat): Promise<Response> {
  const { cache, call, controls, request } = exchange;
  const { params } = exchange.body;
  const upstream = new Upstream(request);
  const wanted = format.variantOf(params);
  const framing = format.framingOf(params);
  const open = ({ signal }: { signal: AbortSignal }) =>
    upstream.ask(signal, async (response) => {
      if (isFailure(response.status)) await readAnswer(response, signal);
      return chunksOf(response, framing, format, wanted);
    });
  try {
    const outcome = await cache.runStream<Chunk>(call, open, {
      ...controls,
      signal: request.signal,
      variant: wanted,
      accepts: (chunks) => serves(chunks, format, wanted),
      admit: (chunks) => {
        const events = eventsOf(chunks, framing);
        return events !== undefined && format.isComplete(events, params);
      },
      replay: (answer) => replayAnswer(answer, format, params),
    });
    const reader = outcome.stream.getReader();
    const { value: head } = await reader.read();
    if (!isStreamHead(head)) throw new TypeError("a recording begins with the head of its response");
    const own = outcome.status === "miss" || outcome.status === "bypass";
    const body = hasBody(head)
      ? bodyFrom(reader, format, (event) => format.translate(event, head.variant, wanted) ?? event)
      : null;
    // Nobody would read to its end what is no body.
    if (body === null) await reader.read();
    return reply(exchange, head, body, {
      ...outcome,
      upstreamFailed: upstream.failure !== undefined,
      headers: own ? upstream.headers : undefined,
    });
  } catch (error) {
    return replyToFailure(exchange, error, upstream);
  }
}

async function* chunksOf(
  response: Response,
  framing: Framing,
  { isLast }: StreamFormat,
  variant: string,
): AsyncGenerator<Chunk, void, undefined> {
  const head = { ...headOf(response), variant };
  yield head;
  if (response.body === null) return;
  if (framingOf(head) !== framing) return yield* piecesOf(response.body);
  for await (const event of framing.split(response.body)) {
    yield event;
    if (isLast(event)) return;
  }
}

function serves([head, ...events]: readonly Chunk[], format: StreamFormat, wanted: string): boolean {
  if (!isStreamHead(head) || !events.every((event) => event instanceof Uint8Array)) return false;
  return (
    head.variant === wanted || events.every((event) => format.translate(event, head.variant, wanted) !== undefined)
  );
}

/** What is left in a reader as the body of a response. Nothing is read ahead. */
function bodyFrom(
  reader: ReadableStreamDefaultReader<Chunk>,
  { isLast }: StreamFormat,
  translate: (event: Uint8Array) => Uint8Array,
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return controller.close();
          // A client that has what it waits for cancels. The recording must be complete by then, or the answer would be lost.
          if (value instanceof Uint8Array && isLast(value)) await reader.read();
          const event = value instanceof Uint8Array ? translate(value) : undefined;
          // An event that this caller did not ask for is not even an empty piece.
          if (event !== undefined && event.length > 0) return controller.enqueue(event);
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
