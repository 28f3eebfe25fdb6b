import { concatenate } from "./concatenate.ts";
import { piecesOf } from "./event-stream.ts";

/** The beginning of a response. */
export interface AnswerHead {
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** A response as data: what is stored, and what a genuine `Response` is made from for each caller. */
export interface Answer extends AnswerHead {
  /** The text, exactly as it came; bytes where it is no UTF-8. An answer with bytes is not stored, and not shared. */
  readonly body: string | Uint8Array<ArrayBuffer>;
}

/** A response that counts as a failure of the upstream. It is thrown, so that a stale answer may take its place, and shared by all who wait. */
export class FailedResponse extends Error {
  override readonly name: string = "FailedResponse";
  readonly answer: Answer;
  /** What the body ended with, where it did not arrive whole. */
  readonly broken: { readonly reason: unknown } | undefined;

  constructor(answer: Answer, broken?: { readonly reason: unknown }) {
    super(
      `the upstream answered with status ${answer.status}${broken === undefined ? "" : " and a body that broke off"}`,
    );
    this.answer = answer;
    this.broken = broken;
  }
}

/** The headers of an answer that are replayed: what it is, and by what name its vendor knows it. Everything else belongs to one exchange. */
const keptHeaders: ReadonlySet<string> = new Set([
  "content-type",
  "content-language",
  "openai-model",
  "openai-version",
  "x-request-id",
  "request-id",
  "apim-request-id",
  "x-amzn-requestid",
]);

/** What speaks to one client only. */
const privateHeaders: ReadonlySet<string> = new Set(["set-cookie", "set-cookie2"]);

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** The beginning of a response, with the headers that others than its own caller may see: of an error, which is never stored, all but cookies. */
export function headOf({ status, statusText, headers }: Response): AnswerHead {
  const shared = [...headers].filter(([name]) => (status === 200 ? keptHeaders.has(name) : !privateHeaders.has(name)));
  return { status, statusText, headers: shared };
}

/**
 * Reads a response to its end.
 *
 * @throws {FailedResponse} for a failure of the upstream, and for a body that breaks off
 */
export async function readAnswer(response: Response, signal: AbortSignal): Promise<Answer> {
  const head = headOf(response);
  const pieces: Uint8Array[] = [];
  try {
    if (response.body !== null) for await (const piece of piecesOf(response.body)) pieces.push(piece);
  } catch (reason) {
    signal.throwIfAborted();
    throw new FailedResponse({ ...head, body: concatenate(pieces) }, { reason });
  }
  const answer = { ...head, body: textOf(concatenate(pieces)) };
  if (isFailure(response.status)) throw new FailedResponse(answer);
  return answer;
}

/** Whether a status says that the upstream failed, so that the same request may succeed later (RFC 5861, section 4, and what the vendors' SDKs try again). */
export function isFailure(status: number): boolean {
  return status >= 500 || status === 429 || status === 408;
}

/** Whether a stored value is a whole answer. Under a key of the caller's own it may be anything. */
export function isAnswer(value: unknown): value is Answer & { readonly body: string } {
  return isHead(value) && "body" in value && typeof value.body === "string";
}

/** Whether a stored value is the beginning of an answer. */
export function isHead(value: unknown): value is AnswerHead {
  return (
    typeof value === "object" &&
    value !== null &&
    "status" in value &&
    "headers" in value &&
    Array.isArray(value.headers)
  );
}

/** Whether a response with this status may have a body (Fetch, section 2.2.3, "null body status"). */
export function hasBody({ status }: Pick<AnswerHead, "status">): boolean {
  return status !== 204 && status !== 205 && status !== 304;
}

/** A genuine `Response`. @param headers in place of the answer's own */
export function toResponse(
  { status, statusText, headers: ownHeaders }: AnswerHead,
  body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null,
  {
    headers = new Headers(ownHeaders.map(([name, value]) => [name, value])),
    url,
  }: { readonly headers?: Headers | undefined; readonly url: string },
): Response {
  // A body that was encoded has been decoded, and of a stream it is not said how it ends.
  if (headers.has("content-encoding") || body instanceof ReadableStream) headers.delete("content-length");
  headers.delete("content-encoding");
  // As bytes, because a text would bring a content type of its own.
  const bytes = typeof body === "string" ? encoder.encode(body) : body;
  const response = new Response(hasBody({ status }) ? bytes : null, { status, statusText, headers });
  // The constructor has no place for it, and clients read it.
  return Object.defineProperty(response, "url", { value: url, configurable: true });
}

/** The body of a failed response: what arrived of it, then what it ended with. */
export function bodyOf({ answer, broken }: FailedResponse): Answer["body"] | ReadableStream<Uint8Array> {
  if (broken === undefined) return answer.body;
  const received = typeof answer.body === "string" ? encoder.encode(answer.body) : answer.body;
  let given = received.length === 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (given) return controller.error(broken.reason);
      given = true;
      controller.enqueue(new Uint8Array(received));
    },
  });
}

function textOf(bytes: Uint8Array<ArrayBuffer>): string | Uint8Array<ArrayBuffer> {
  try {
    return decoder.decode(bytes);
  } catch {
    return bytes;
  }
}
