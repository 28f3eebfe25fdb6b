import { parseEvents, type ServerSentEvent } from "../event-stream.ts";
import { eventStreamFraming } from "../framing.ts";
import { isObject, isSet, parseObject } from "../json-object.ts";
import { compact, withMember } from "../json-text.ts";
import { type MergeRules, mergeObjects } from "./merge-rules.ts";
import { formatObject, isGiven, parseRaw, type RawObject, UnknownShape } from "./raw-json.ts";
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

/** What a client waits for. */
const endOfStream = "[DONE]";

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

/**
 * The members of the whole answer that a stream's chunks make, the usage among them: no whole answer is without.
 *
 * @throws {UnknownShape} where it cannot tell
 */
export function mergeChunks(events: readonly ServerSentEvent[], rules: MergeRules): Map<string, string> {
  if (events.at(-1)?.data !== endOfStream) throw new UnknownShape("no end");
  const chunks = events.slice(0, -1).map(({ type, data }) => {
    if (type !== "message") throw new UnknownShape(`an event of type ${type}`);
    return parseRaw(data);
  });
  const merged = mergeObjects(chunks, rules);
  if (!isGiven(merged.get("usage"))) throw new UnknownShape("no usage");
  return merged;
}

/**
 * The events of a stream whose chunks hold these choices, each the text of one, with the usage and the end.
 *
 * @param whole the members of the whole answer
 * @param object what a chunk is called
 * @throws {UnknownShape} where the caller asks for what the whole answer does not tell
 */
export function formatChunks(
  whole: RawObject,
  object: string,
  choices: readonly string[],
  params: Params,
): ServerSentEvent[] {
  if (!isPlain(params)) throw new UnknownShape("options that are not known");
  const usage = whole.get("usage");
  const tellsUsage = asksForUsage(params);
  if (tellsUsage && !isGiven(usage)) throw new UnknownShape("no usage");
  const chunk = (chunkChoices: string, chunkUsage: string | undefined): ServerSentEvent => {
    const members = new Map(whole).set("object", JSON.stringify(object)).set("choices", chunkChoices);
    members.delete("usage");
    const data = formatObject([...members, ["usage", tellsUsage ? chunkUsage : undefined]]);
    return { type: "message", data: compact(data) };
  };
  return [
    ...choices.map((choice) => chunk(`[${choice}]`, "null")),
    ...(tellsUsage ? [chunk("[]", usage)] : []),
    { type: "message", data: endOfStream },
  ];
}

function isLast(event: Uint8Array): boolean {
  return event.length <= mostBytesOfEnd && parseEvents(new TextDecoder().decode(event)).at(-1)?.data === endOfStream;
}

function asksForUsage({ stream_options: options }: Params): boolean {
  return isObject(options) && options["include_usage"] === true;
}

function optionsThatCount({ stream_options: options }: Params): Params | undefined {
  if (!isObject(options)) return undefined;
  const counted = Object.entries(options).filter(([name]) => name !== "include_usage");
  return counted.length === 0 ? undefined : Object.fromEntries(counted);
}

/** Whether a caller wants no more of a stream than what a whole answer tells. Padding against eavesdroppers is more. */
function isPlain(params: Params): boolean {
  const { include_obfuscation: padding = false, ...others } = optionsThatCount(params) ?? {};
  return padding === false && Object.keys(others).length === 0;
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
