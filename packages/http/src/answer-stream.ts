import { hasBody, headOf, isFailure, readAnswer } from "./answer.ts";
import { piecesOf, type ServerSentEvent } from "./event-stream.ts";
import { bodyFrom } from "./body-from.ts";
import { type Exchange, reply, replyToFailure, Upstream } from "./exchange.ts";
import type { StreamFormat } from "./formats/wire-format.ts";
import type { Framing } from "./framing.ts";
import { isObject, isSet, parseObject } from "./json-object.ts";
import type { Said } from "./token-usage.ts";
import { type Chunk, eventsOf, framingOf, isStreamHead, replayAnswer, withContentType } from "./recorded-stream.ts";

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
      usageOf: (chunks) => {
        const events = eventsOf(chunks, framing);
        return events && exchange.format.usageOf(saidIn(events), params);
      },
      replay: (answer) => replayAnswer(answer, format, params),
    });
    const reader = outcome.stream.getReader();
    const { value: head } = await reader.read();
    if (!isStreamHead(head)) throw new TypeError("a recording begins with the head of its response");
    // A recording in another framing is translated.
    const shown =
      head.variant === wanted || framingOf(head) === framing ? head : withContentType(head, framing.contentType);
    const own = outcome.status === "miss" || outcome.status === "bypass";
    const isLive = own || outcome.status === "coalesced";
    const body = hasBody(head)
      ? bodyFrom(reader, {
          isLast: format.isLast,
          isFailure: (event) => isLive && isFailureEvent(framing.eventIn(event)),
          translate: (event) => format.translate(event, head.variant, wanted) ?? event,
        })
      : null;
    // Nobody would read to its end what is no body.
    if (body === null) await reader.read();
    const { accounting, ...info } = outcome;
    return reply(exchange, shown, body, {
      ...info,
      // Of a stream that still comes it is not known yet.
      saved: isLive ? undefined : (await accounting)?.saved,
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

/** What the events say that are objects. */
function saidIn(events: readonly ServerSentEvent[]): Said {
  return events.map(({ data }) => parseObject(data)).filter(isObject);
}

/** Whether an event says that the stream has failed, or is none that a client could read. */
function isFailureEvent(event: ServerSentEvent | undefined): boolean {
  if (event === undefined) return false;
  const said = parseObject(event.data);
  return said === undefined || event.type === "error" || said["type"] === "error" || isSet(said["error"]);
}
