import { once } from "node:events";
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { setImmediate, setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Behaviour, Failure } from "./behaviour.ts";
import { responseHeaders } from "./response-headers.ts";
import type { ServerSentEvent } from "./wire-format.ts";

const compress = promisify(gzip);

/** One request and the response to it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Aborted when the client leaves. */
  readonly signal: AbortSignal;
  readonly behaviour: Behaviour;
  /** What goes wrong this time. */
  readonly failure: Failure | undefined;
  /** When the request arrived, by `performance.now()`. */
  readonly startedAt: number;
  /** How many requests the model had before this one. */
  readonly earlierRequests: number;
}

/** How a stream's events are told apart: as `text/event-stream`, or as the elements of one JSON array. */
export type Framing = "events" | "array";

const contentTypes: Readonly<Record<Framing, string>> = {
  events: "text/event-stream; charset=utf-8",
  array: "application/json; charset=UTF-8",
};

/** A whole body. */
export interface Content {
  readonly contentType: string;
  readonly body: string | Uint8Array;
}

/** A value as a body. */
export function json(value: object): Content {
  return { contentType: "application/json", body: JSON.stringify(value) };
}

/** Sends an error at once. */
export function sendError(exchange: Exchange, body: object, status: number, headers: OutgoingHttpHeaders = {}): void {
  writeHead(exchange, status, { "content-type": "application/json; charset=utf-8", ...headers });
  exchange.response.end(JSON.stringify(body, undefined, 2));
}

/** Sends a body after `milliseconds` of work, or fails as it was told. */
export async function sendBody(
  exchange: Exchange,
  { contentType, body }: Content,
  milliseconds: number,
): Promise<void> {
  const { request, response, behaviour, failure, signal } = exchange;
  await turn(exchange, 0, milliseconds);
  if (failure?.kind === "hang" && (failure.afterEvents ?? 0) === 0) return silence(signal);
  const type = { "content-type": contentType };
  if (failure !== undefined) {
    writeHead(exchange, 200, type);
    await write(
      exchange,
      failure.kind === "malformed" ? `${String(body).slice(0, -1)},,` : body.slice(0, body.length / 2),
    );
    return fail(exchange, failure);
  }
  const compressed = behaviour.compression && String(request.headers["accept-encoding"]).includes("gzip");
  writeHead(exchange, 200, compressed ? { ...type, "content-encoding": "gzip", vary: "accept-encoding" } : type);
  await write(exchange, compressed ? await compress(body) : body);
  response.end();
}

/** Sends a stream of events at the model's pace, or fails on the way as it was told. */
export async function sendEvents(
  exchange: Exchange,
  events: Iterable<ServerSentEvent>,
  failureEvent: ServerSentEvent,
  framing: Framing = "events",
): Promise<void> {
  const { response, behaviour, failure } = exchange;
  const all = [...events];
  const goodEvents = failure === undefined ? all.length : (failure.afterEvents ?? (failure.kind === "hang" ? 0 : 3));
  // A stream that fails never gets as far as its last event, however short it is.
  const sent = failure === undefined ? all : all.slice(0, Math.min(goodEvents, all.length - 1));
  const encode = framing === "array" ? encodeElement : encodeEvent;
  let tokens = 0;
  for (const [index, event] of sent.entries()) {
    tokens += event.tokens;
    await turn(exchange, index, behaviour.firstTokenMs + (tokens * 1000) / behaviour.tokensPerSecond);
    if (index === 0) writeStreamHead(exchange, framing);
    const last = index === all.length - 1;
    await write(exchange, encode(event, index, last), last);
  }
  if (failure === undefined) return;
  await turn(exchange, sent.length, 0);
  if (!response.headersSent && failure.kind !== "hang" && failure.kind !== "reset") writeStreamHead(exchange, framing);
  if (failure.kind === "malformed")
    await write(exchange, encode({ ...failureEvent, data: '{"id":"chatcmpl-,' }, sent.length, false));
  if (failure.kind === "error-event") await write(exchange, encode(failureEvent, sent.length, false));
  return fail(exchange, failure);
}

async function fail({ response, signal }: Exchange, failure: Failure): Promise<void> {
  if (failure.kind === "hang") return silence(signal);
  if (failure.kind !== "reset") {
    response.end();
    return;
  }
  // What was written must have left, or the client would not see the beginning of the body.
  await setImmediate();
  // Workers serve without a socket.
  if (response.socket === undefined) response.destroy(new Error("the connection is reset"));
  else response.socket?.resetAndDestroy();
}

function writeStreamHead(exchange: Exchange, framing: Framing): void {
  writeHead(exchange, 200, { "content-type": contentTypes[framing] });
}

function writeHead(
  { response, startedAt, earlierRequests }: Exchange,
  status: number,
  headers: OutgoingHttpHeaders,
): void {
  const milliseconds = performance.now() - startedAt;
  response.writeHead(status, { ...responseHeaders({ requests: earlierRequests, milliseconds }), ...headers });
}

function encodeEvent({ event, data }: ServerSentEvent): string {
  return `${event === undefined ? "" : `event: ${event}\n`}data: ${data}\n\n`;
}

function encodeElement({ data }: ServerSentEvent, index: number, last: boolean): string {
  return `${index === 0 ? "[" : ",\r\n"}${data}${last ? "\n]" : ""}`;
}

/** Writes in the pieces that were asked for. With `last` the response ends with the last of them, in one go, so that a client never waits for the end. */
async function write(
  { response, behaviour, signal }: Exchange,
  content: string | Uint8Array,
  last = false,
): Promise<void> {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  const size = Math.min(behaviour.bytesPerWrite, bytes.length);
  for (let start = 0; start < bytes.length; start += size) {
    const piece = bytes.subarray(start, start + size);
    if (last && start + size >= bytes.length) response.end(piece);
    else if (!response.write(piece)) await once(response, "drain", { signal });
    if (size < bytes.length) await setImmediate(undefined, { signal });
  }
}

/** Waits until an event may be sent: until so many milliseconds after the request arrived, and until nobody holds it back. */
async function turn({ behaviour, signal, startedAt }: Exchange, index: number, milliseconds: number): Promise<void> {
  const remaining = startedAt + milliseconds - performance.now();
  if (remaining > 0) await setTimeout(remaining, undefined, { signal });
  await behaviour.beforeEvent?.(index);
  signal.throwIfAborted();
}

async function silence(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
}
