import { parseEvents, type ServerSentEvent } from "../event-stream.ts";
import { eventStreamFraming } from "../framing.ts";
import { isObject, isSet, parseObject } from "../json-object.ts";
import { withMember } from "../json-text.ts";
import type { Params, StreamFormat } from "./wire-format.ts";

/** The variant of a stream that tells the usage. */
const withUsage = "usage";

/** What the streams of chat and text completions have in common: chunks of one shape, the usage in the last of them for those who ask, then `[DONE]`. */
export const chunkedStream: Pick<
  StreamFormat,
  "framingOf" | "isAsked" | "optionsThatCount" | "variantOf" | "wholeVariant" | "translate" | "isLast"
> = {
  framingOf: () => eventStreamFraming,
  isAsked: ({ stream }) => stream === true,
  optionsThatCount,
  variantOf: (params) => (asksForUsage(params) ? withUsage : ""),
  wholeVariant: withUsage,
  translate,
  isLast,
};

/** What a client waits for: the data of the last event. */
export const endOfStream = "[DONE]";

/** Longer ones are not looked at: an event that says no more than this has few comments beside it. */
const mostBytesOfEnd = 256;

const nothing = new Uint8Array();

/** The chunks of a stream that ended as it should, before its end; `undefined` for any other. */
export function chunksOf(events: readonly ServerSentEvent[]): Record<string, unknown>[] | undefined {
  if (events.at(-1)?.data !== endOfStream) return undefined;
  const chunks: Record<string, unknown>[] = [];
  for (const { type, data } of events.slice(0, -1)) {
    const chunk = parseObject(data);
    if (chunk === undefined || type === "error" || isSet(chunk["error"])) return undefined;
    chunks.push(chunk);
  }
  return chunks;
}

function isLast(event: Uint8Array): boolean {
  return event.length <= mostBytesOfEnd && parseEvents(new TextDecoder().decode(event)).at(-1)?.data === endOfStream;
}

/** Whether a stream is to tell what it used. */
export function asksForUsage({ stream_options: options }: Params): boolean {
  return isObject(options) && options["include_usage"] === true;
}

/** What a caller asks of a stream besides that. */
export function optionsThatCount({ stream_options: options }: Params): Params | undefined {
  if (!isObject(options)) return undefined;
  const counted = Object.entries(options).filter(([name]) => name !== "include_usage");
  return counted.length === 0 ? undefined : Object.fromEntries(counted);
}

/** A recording that tells the usage serves those who did not ask for it, without what they would not have got. */
function translate(event: Uint8Array, recorded: string, wanted: string): Uint8Array | undefined {
  if (recorded === wanted) return event;
  if (recorded !== withUsage) return undefined;
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(event);
  const parsed = parseEvents(text);
  const [only] = parsed;
  const chunk = only && parseObject(only.data);
  if (only === undefined || chunk === undefined || !("usage" in chunk)) return event;
  const { usage, choices } = chunk;
  if (isSet(usage)) return Array.isArray(choices) && choices.length === 0 ? nothing : undefined;
  // Data on several lines is not in the event as one text.
  if (!text.includes(only.data)) return undefined;
  return new TextEncoder().encode(text.replace(only.data, () => withMember(only.data, "usage", undefined)));
}
