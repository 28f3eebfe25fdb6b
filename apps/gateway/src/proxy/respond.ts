import type { ServerResponse } from "node:http";
import type { CallEvents } from "../telemetry/call-events.ts";
import { isHit } from "../telemetry/journal.ts";
import type { CallLog } from "./call-log.ts";
import type { Inquiry } from "./inquiry.ts";
import { outcomeOf } from "./outcome-of.ts";
import { watch } from "./watch.ts";

/** What goes on around a response. */
export interface Surroundings {
  readonly log: CallLog;
  readonly events: CallEvents;
  readonly outgoing: ServerResponse;
  /** Whether the client knows no chunks. */
  readonly http10: boolean;
}

/** The response that the client gets, and a record of it once it is over. */
export function respond(
  response: Response,
  inquiry: Inquiry,
  { log, events, outgoing, http10 }: Surroundings,
): Response {
  const { status, statusText, body } = response;
  const headers = new Headers(response.headers);
  const outcome = outcomeOf(headers, events);
  const began = { status, outcome, key: headers.get("x-llmcache-key") ?? undefined, firstByteMs: log.elapsedMs() };
  // What the cache tells of the end it tells in the same turn.
  const end = (broken: boolean) => void setImmediate(() => log.end(inquiry, events, { ...began, broken }));
  if (body === null) {
    end(false);
    return new Response(null, { status, statusText, headers });
  }
  // The first piece of a live answer is not to wait until it is known whether there is a second; what is stored is all there.
  if (!isHit(outcome) && !headers.has("content-length") && !http10) headers.set("transfer-encoding", "chunked");
  return new Response(
    watch(body, end, () => outgoing.destroy()),
    { status, statusText, headers },
  );
}
