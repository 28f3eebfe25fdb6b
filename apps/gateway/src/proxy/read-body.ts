import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { RefusedError } from "./refusal.ts";

/** The bytes of a request's body. @throws {RefusedError} 413 beyond `limit` bytes, as soon as that is known */
export async function readBody(incoming: IncomingMessage, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  checkLength(incoming, limit);
  const pieces: Uint8Array[] = [];
  for await (const piece of limited(incoming, limit)) pieces.push(piece);
  return new Uint8Array(Buffer.concat(pieces));
}

/** The same as it comes, for bodies that nothing here looks at. */
export function streamBody(incoming: IncomingMessage, limit: number): ReadableStream<Uint8Array> {
  checkLength(incoming, limit);
  return Readable.toWeb(Readable.from(limited(incoming, limit))) as ReadableStream<Uint8Array>;
}

/** Whether a request has a body (RFC 9112, section 6). */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

function checkLength(incoming: IncomingMessage, limit: number): void {
  if (Number(incoming.headers["content-length"] ?? 0) > limit) throw tooLarge(limit);
}

async function* limited(incoming: IncomingMessage, limit: number): AsyncGenerator<Uint8Array> {
  let length = 0;
  // The connection must stay open for the refusal.
  for await (const piece of incoming.iterator({ destroyOnReturn: false })) {
    const bytes = piece as Uint8Array;
    length += bytes.length;
    if (length > limit) throw tooLarge(limit);
    yield bytes;
  }
}

function tooLarge(limit: number): RefusedError {
  return new RefusedError({
    status: 413,
    code: "request_too_large",
    message: `the body of a request may have ${limit} bytes`,
  });
}
