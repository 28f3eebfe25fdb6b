import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { invalid } from "./api-error.ts";
import { selectFields } from "./partial-response.ts";
import { isRecord } from "./stored-object.ts";

/** One request, read to its end, and the response to it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  /** Without the query, and encoded as it came. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Buffer;
}

export function sendJson(exchange: Exchange, resource: object, headers: OutgoingHttpHeaders = {}): void {
  const body = JSON.stringify(selectFields(resource, exchange.query.get("fields")));
  send(exchange, 200, { "content-type": "application/json; charset=UTF-8", ...headers }, body);
}

export function send(
  { response }: Exchange,
  status: number,
  headers: OutgoingHttpHeaders,
  body?: string | Buffer,
): void {
  response.writeHead(status, { server: "UploadServer", ...headers, "content-length": Buffer.byteLength(body ?? "") });
  response.end(body);
}

/** @throws {ApiError} 400 for a body that is no JSON object */
export function parseResource(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    if (isRecord(value)) return value;
  } catch {
    // Said below, as for any other body that is none.
  }
  throw invalid("Parse Error");
}

export function headerOf({ request }: Exchange, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
