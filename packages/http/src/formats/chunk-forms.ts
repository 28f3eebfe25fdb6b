import type { ServerSentEvent } from "../event-stream.ts";
import { compact } from "../json-text.ts";
import { asksForUsage, endOfStream, optionsThatCount } from "./chunked-stream.ts";
import { type MergeRule, mergeObjects, type MergeRules, same } from "./merge-rules.ts";
import {
  expectEqual,
  formatArray,
  formatObject,
  ifKnown,
  isGiven,
  parseRaw,
  type RawObject,
  readArray,
  readObject,
  UnknownShape,
} from "./raw-json.ts";
import type { Params } from "./wire-format.ts";

/** What an API whose streams are chunks of choices has of its own. */
export interface ChunkForm {
  /** What a whole answer calls itself. */
  readonly object: string;
  /** What a chunk calls itself. */
  readonly chunkObject: string;
  /** Makes the choices of a whole answer of those in chunks. */
  readonly mergeChoices: MergeRule;
  /** The other way: the choices in chunks, each the text of one, that say what one choice of a whole answer says. */
  readonly piecesOf: (choice: RawObject) => string[];
}

/** The whole answer that a recorded stream makes; `undefined` where it would not be certain to be what the model would have sent. */
export function collectChunks(
  events: readonly ServerSentEvent[],
  { object, mergeChoices }: ChunkForm,
): string | undefined {
  return ifKnown(() => {
    if (events.at(-1)?.data !== endOfStream) throw new UnknownShape("no end");
    const chunks = events.slice(0, -1).map(({ type, data }) => {
      if (type !== "message") throw new UnknownShape(`an event of type ${type}`);
      return parseRaw(data);
    });
    // Beside the answer, padding against those who read the length of packets.
    const whole = mergeObjects(chunks, { ...memberRules, choices: mergeChoices, obfuscation: undefined });
    // No whole answer is without.
    if (!isGiven(whole.get("usage"))) throw new UnknownShape("no usage");
    return formatObject(whole.set("object", JSON.stringify(object)));
  });
}

/** The stream that says what a whole answer says; `undefined` where a part of it has no certain place in a stream. */
export function replayChunks(
  body: string,
  params: Params,
  { chunkObject, mergeChoices, piecesOf }: ChunkForm,
): readonly ServerSentEvent[] | undefined {
  return ifKnown(() => {
    if (!isPlain(params)) throw new UnknownShape("options that are not known");
    const whole = parseRaw(body, wholeNames);
    const choices = whole.get("choices") ?? "";
    const pieces = readArray(choices).flatMap((choice) => piecesOf(readObject(choice)));
    expectEqual(mergeChoices([formatArray(pieces)]), choices);
    const usage = whole.get("usage");
    const tellsUsage = asksForUsage(params);
    if (tellsUsage && !isGiven(usage)) throw new UnknownShape("no usage");
    const chunk = (ownChoices: string, ownUsage: string | undefined): ServerSentEvent => {
      const members = new Map(whole).set("object", JSON.stringify(chunkObject)).set("choices", ownChoices);
      members.delete("usage");
      const data = formatObject([...members, ["usage", tellsUsage ? ownUsage : undefined]]);
      return { type: "message", data: compact(data) };
    };
    return [
      ...pieces.map((piece) => chunk(formatArray([piece]), "null")),
      ...(tellsUsage ? [chunk("[]", usage)] : []),
      { type: "message", data: endOfStream },
    ];
  });
}

/** What chunks and whole answers both say, besides the choices. */
const memberRules: MergeRules = {
  id: same,
  object: same,
  created: same,
  model: same,
  usage: same,
  service_tier: same,
  system_fingerprint: same,
};

const wholeNames: ReadonlySet<string> = new Set([...Object.keys(memberRules), "choices"]);

/** Whether a caller wants no more of a stream than what a whole answer tells. Padding against eavesdroppers is more. */
function isPlain(params: Params): boolean {
  const { include_obfuscation: padding = false, ...others } = optionsThatCount(params) ?? {};
  return padding === false && Object.keys(others).length === 0;
}
