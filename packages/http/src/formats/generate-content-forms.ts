import type { ServerSentEvent } from "../event-stream.ts";
import { compact } from "../json-text.ts";
import {
  appended,
  indexed,
  joined,
  type MergeRule,
  type MergeRules,
  mergeObjects,
  nested,
  same,
} from "./merge-rules.ts";
import {
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

/** The whole answer that the events of a stream make; `undefined` where it would not be certain to be what the model would have sent. */
export function collectContent(events: readonly ServerSentEvent[]): string | undefined {
  return ifKnown(() => {
    const [first, ...rest] = events.map(({ data }) => data);
    if (first === undefined) throw new UnknownShape("no event");
    // Both forms consist of the same objects.
    if (rest.length === 0) return first;
    const chunks = [first, ...rest].map((data) => parseRaw(data));
    // Each tells the sums up to itself.
    if (!isGiven(chunks.at(-1)?.get("usageMetadata"))) throw new UnknownShape("no usage at the end");
    return formatObject(mergeObjects(chunks, chunkRules));
  });
}

/** The stream of one event that says what a whole answer says. */
export function replayContent(body: string): readonly ServerSentEvent[] {
  return [{ type: "message", data: compact(body) }];
}

/** What the last says takes the place of what those before it said. */
const last: MergeRule = (values) => values.at(-1) ?? "";

/** Citations and ratings have none: nobody knows whether those of a piece are of the piece or of the whole. */
const candidateRules: MergeRules = {
  index: same,
  content: nested({ role: same, parts: mergeParts }),
  finishReason: same,
  safetyRatings: same,
  logprobsResult: nested({ topCandidates: appended, chosenCandidates: appended }),
};

const chunkRules: MergeRules = {
  // The first is the one without an index.
  candidates: indexed(candidateRules, formatObject, "0"),
  usageMetadata: last,
  modelVersion: same,
  responseId: same,
  createTime: same,
  promptFeedback: same,
  modelStatus: same,
};

/** Texts that follow each other are one, thoughts and speech apart; a call of a function is whole. */
function mergeParts(values: readonly string[]): string {
  const merged: Map<string, string>[] = [];
  for (const part of values.flatMap(readArray).map((text) => readObject(text))) {
    const before = merged.at(-1);
    if (before !== undefined && before.has("text") && part.has("text") && kindOf(before) === kindOf(part))
      before.set("text", joined([before.get("text") ?? "", part.get("text") ?? ""]));
    else if (isKnown(part)) merged.push(new Map(part));
  }
  if (merged.filter((part) => part.has("inlineData")).length > 1) throw new UnknownShape("files that may be one");
  return formatArray(merged.map((part) => formatObject(part)));
}

/** @throws {UnknownShape} for a signature beside a text: it may be that of all of the text, or of the piece */
function kindOf(part: RawObject): string {
  if ([...part.keys()].some((name) => name !== "text" && name !== "thought"))
    throw new UnknownShape("more than a text");
  return part.get("thought") ?? "false";
}

/** Whether a part begins one of the answer's. An empty text does not. @throws {UnknownShape} for one that may go on in the next */
function isKnown(part: RawObject): boolean {
  if (part.has("text")) return part.get("text") !== '""' || part.size > 1;
  if (part.has("inlineData")) return true;
  const call = readObject(part.get("functionCall") ?? "");
  if (call.has("partialArgs") || call.has("willContinue")) throw new UnknownShape("a part of a call");
  return true;
}
