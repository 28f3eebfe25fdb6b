import { parseEvents, type ServerSentEvent } from "../event-stream.ts";
import { eventStreamFraming } from "../framing.ts";
import { isObject, isSet, parseObject } from "../json-object.ts";
import type { Params, StreamFormat } from "./wire-format.ts";

/** What those streams have in common whose events say their own type, and tell everything unasked. */
export const typedStream: Pick<
  StreamFormat,
  "framingOf" | "isAsked" | "optionsThatCount" | "variantOf" | "wholeVariant" | "translate"
> = {
  framingOf: () => eventStreamFraming,
  isAsked: ({ stream }) => isOn(stream),
  optionsThatCount: ({ stream_options: options }) => (isObject(options) ? options : undefined),
  variantOf: () => "",
  wholeVariant: "",
  translate: (event) => event,
};

/** Whether it is certain what a request says of streaming, which the key leaves out. In a form everything is a text. */
export function isStreamClear({ stream = null }: Params): boolean {
  return stream === null || typeof stream === "boolean" || stream === "true" || stream === "false";
}

/** Whether a request asks for a stream. */
function isOn(stream: unknown): boolean {
  return stream === true || stream === "true";
}

/** The type of the last event in a piece of a stream. */
export function lastTypeIn(piece: Uint8Array): unknown {
  const last = parseEvents(new TextDecoder().decode(piece)).at(-1);
  return last?.type === "message" ? parseObject(last.data)?.["type"] : last?.type;
}

/** What each event says; `undefined` for a stream in which one is no JSON object or tells of an error. */
export function parseTyped(events: readonly ServerSentEvent[]): Record<string, unknown>[] | undefined {
  const parsed: Record<string, unknown>[] = [];
  for (const { type, data } of events) {
    const event = parseObject(data);
    if (event === undefined || type === "error" || event["type"] === "error" || isSet(event["error"])) return undefined;
    parsed.push(event);
  }
  return parsed;
}
