import type { ServerResponse } from "node:http";
import type { CallEvents } from "../telemetry/call.ts";
import { isHit } from "../telemetry/journal.ts";
import { usageIn } from "../telemetry/usage.ts";
import { gather, watch } from "./answer-body.ts";
import type { CallLog } from "./call-log.ts";
import type { Inquiry } from "./inquiry.ts";
import { outcomeOf } from "./outcome-of.ts";

/** What goes on around a response. */
export interface Surroundings {
  readonly log: CallLog;
  readonly events: CallEvents;
  readonly outgoing: ServerResponse;
  /** Whether the client knows no chunks. */
  readonly http10: boolean;
}

/** A hit that is longer is passed on piece by piece, and its tokens are not in a header. */
const mostGathered = 1024 * 1024;

/** The response that the client gets, and a record of it once it is over. */
export async function respond(
  response: Response,
  inquiry: Inquiry,
  { log, events, outgoing, http10 }: Surroundings,
): Promise<Response> {
  const { status, statusText } = response;
  const headers = new Headers(response.headers);
  const outcome = outcomeOf(headers, events);
  const contentType = headers.get("content-type") ?? "";
  const began = { status, outcome, key: headers.get("x-llmcache-key") ?? undefined, firstByteMs: log.elapsedMs() };
  const end = (text: string, broken: boolean) => {
    const tokens = usageIn(text, contentType);
    log.end(inquiry, events, { ...began, broken, tokens });
    return tokens;
  };
  if (outcome === "semantic" && events.similarity !== undefined)
    headers.set("x-llmcache-similarity", events.similarity.toFixed(4));
  if (response.body === null) {
    end("", false);
    return new Response(null, { status, statusText, headers });
  }
  // What is stored is there already, and small enough to be sent in one piece.
  const { whole, body } = isHit(outcome)
    ? await gather(response.body, mostGathered)
    : { whole: undefined, body: response.body };
  if (whole !== undefined) {
    const tokens = end(Buffer.from(whole).toString("utf8"), false);
    if (tokens !== undefined) headers.set("x-llmcache-saved-tokens", String(tokens.input + tokens.output));
    headers.set("content-length", String(whole.length));
    return new Response(whole, { status, statusText, headers });
  }
  // The first piece is not to wait until it is known whether there is a second.
  if (!headers.has("content-length") && !http10) headers.set("transfer-encoding", "chunked");
  const watched = watch(
    body,
    contentType,
    ({ text, broken }) => end(text, broken),
    () => outgoing.destroy(),
  );
  return new Response(watched, { status, statusText, headers });
}
