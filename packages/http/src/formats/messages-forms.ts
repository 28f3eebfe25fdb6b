import type { ServerSentEvent } from "../event-stream.ts";
import { compact } from "../json-text.ts";
import { joined, once, type MergeRule } from "./merge-rules.ts";
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
  readString,
  UnknownShape,
} from "./raw-json.ts";
import type { Params } from "./wire-format.ts";

/** The whole message that a recorded stream makes; `undefined` where it would not be certain to be what the model would have sent. */
export function collectMessage(events: readonly ServerSentEvent[]): string | undefined {
  return ifKnown(() => {
    const parsed = events.map(({ data }) => parseRaw(data)).filter((event) => typeOf(event) !== "ping");
    const [start, ...rest] = parsed;
    if (start === undefined || typeOf(start) !== "message_start") throw new UnknownShape("no beginning");
    if (rest.pop()?.get("type") !== '"message_stop"') throw new UnknownShape("no end");
    const message = new Map(readObject(start.get("message") ?? "", messageNames));
    const blocks: Block[] = [];
    for (const event of rest) {
      if (typeOf(event) === "message_delta") endMessage(message, event);
      else continueBlocks(blocks, event);
    }
    if (readArray(message.get("content") ?? "").length > 0) throw new UnknownShape("content before its events");
    return formatObject(message.set("content", formatArray(blocks.map(formatBlock))));
  });
}

/** The stream that says what a whole message says; `undefined` where a part of it has no certain place in a stream. */
export function replayMessage(body: string, params: Params): readonly ServerSentEvent[] | undefined {
  return ifKnown(() => {
    if (params["stream_options"] !== undefined) throw new UnknownShape("options that are not known");
    const text = compact(body);
    const whole = parseRaw(text, messageNames);
    const blocks = readArray(whole.get("content") ?? "");
    const events = [
      eventOf("message_start", { message: formatObject(beginningOf(whole)) }),
      ...blocks.flatMap((block, index) => blockEvents(readObject(block), String(index))),
      endOf(whole),
      eventOf("message_stop", {}),
    ];
    expectEqual(collectMessage(events) ?? "{}", text);
    return events;
  });
}

/** All members that a message may have. */
const messageNames: ReadonlySet<string> = new Set([
  "id",
  "type",
  "role",
  "model",
  "content",
  "stop_reason",
  "stop_sequence",
  "stop_details",
  "container",
  "context_management",
  "diagnostics",
  "input_transformations",
  "usage",
]);

/** Those that are known at the end only: the members of the last event's `delta`, and of the event itself. */
const deltaNames: readonly string[] = ["stop_reason", "stop_sequence", "stop_details", "container"];
const endNames: readonly string[] = ["context_management", "input_transformations"];

/** What the last event tells of the usage: sums over the whole message, each in the place of the one before. */
const usageNames: readonly string[] = [
  "input_tokens",
  "cache_creation_input_tokens",
  "cache_read_input_tokens",
  "output_tokens",
  "output_tokens_details",
  "server_tool_use",
  "iterations",
  "fallback_credit",
];

/** A block of the content, and what has come of each of its members since it began. */
interface Block {
  readonly begun: RawObject;
  readonly pieces: Map<string, string[]>;
  ended: boolean;
}

/** The types of deltas: where each is told, and what it is a piece of. */
const deltaKinds: ReadonlyMap<string, { readonly from: string; readonly to: string }> = new Map([
  ["text_delta", { from: "text", to: "text" }],
  ["citations_delta", { from: "citation", to: "citations" }],
  ["thinking_delta", { from: "thinking", to: "thinking" }],
  ["signature_delta", { from: "signature", to: "signature" }],
  ["input_json_delta", { from: "partial_json", to: "input" }],
]);

/** How the pieces of a member become one. */
const memberRules: Readonly<Record<string, MergeRule>> = {
  text: joined,
  thinking: joined,
  signature: once,
  citations: formatArray,
  input: (pieces) => {
    const text = pieces.map(readString).join("");
    // No arguments at all come as no text at all.
    return text === "" ? "{}" : formatObject(parseRaw(text));
  },
};

/** What a member is before its pieces come. */
const emptyMembers: ReadonlyMap<string, readonly string[]> = new Map([
  ["text", ['""']],
  ["thinking", ['""']],
  ["signature", ['""']],
  ["citations", ["[]", "null"]],
  ["input", ["{}"]],
]);

function continueBlocks(blocks: Block[], event: RawObject): void {
  const type = typeOf(event);
  const index = Number(event.get("index"));
  const block = blocks[index];
  if (type === "content_block_start" && index === blocks.length) {
    blocks.push({ begun: readObject(event.get("content_block") ?? ""), pieces: new Map(), ended: false });
  } else if (block === undefined || block.ended) throw new UnknownShape("an event of no block");
  else if (type === "content_block_stop") block.ended = true;
  else if (type === "content_block_delta") addPiece(block, readObject(event.get("delta") ?? ""));
  else throw new UnknownShape(`an event of type ${type}`);
}

function addPiece({ begun, pieces }: Block, delta: RawObject): void {
  const kind = deltaKinds.get(typeOf(delta));
  const piece = kind && delta.get(kind.from);
  if (kind === undefined || piece === undefined || delta.size !== 2)
    throw new UnknownShape("a delta that is not known");
  const { to } = kind;
  const before = begun.get(to);
  // Only what began as nothing is certain to be the pieces and no more.
  if (before !== undefined && emptyMembers.get(to)?.includes(before) !== true) throw new UnknownShape("two beginnings");
  pieces.set(to, [...(pieces.get(to) ?? []), piece]);
}

function formatBlock({ begun, pieces, ended }: Block): string {
  if (!ended) throw new UnknownShape("a block without its end");
  const whole = new Map(begun);
  for (const [name, texts] of pieces) whole.set(name, memberRules[name]?.(texts) ?? "");
  return formatObject(whole);
}

function endMessage(message: Map<string, string>, event: RawObject): void {
  const usage = new Map(readObject(message.get("usage") ?? ""));
  const told = readObject(event.get("usage") ?? "{}", new Set(usageNames));
  // What the beginning says of it is a guess of the vendor's.
  if (!isGiven(told.get("output_tokens"))) throw new UnknownShape("no usage at the end");
  replaceMembers(usage, told);
  replaceMembers(message, readObject(event.get("delta") ?? "{}", new Set(deltaNames)));
  const { type: _, usage: __, delta: ___, ...others } = Object.fromEntries(event);
  replaceMembers(message, readObject(formatObject(Object.entries(others)), new Set(endNames)));
  message.set("usage", formatObject(usage));
}

/** What is null says nothing. */
function replaceMembers(target: Map<string, string>, source: RawObject): void {
  for (const [name, text] of source) if (isGiven(text) || !target.has(name)) target.set(name, text);
}

/** What is known before the first token. */
function beginningOf(whole: RawObject): RawObject {
  const usage = readObject(whole.get("usage") ?? "");
  const begun = new Map(whole)
    .set("content", "[]")
    .set("usage", formatObject(new Map(usage).set("output_tokens", "0")));
  for (const name of [...deltaNames, ...endNames]) if (begun.has(name)) begun.set(name, "null");
  return begun;
}

function endOf(whole: RawObject): ServerSentEvent {
  const members = (from: RawObject, names: readonly string[]) => names.map((name) => [name, from.get(name)] as const);
  return eventOf("message_delta", {
    delta: formatObject(members(whole, deltaNames)),
    usage: formatObject(members(readObject(whole.get("usage") ?? ""), usageNames)),
    ...Object.fromEntries(members(whole, endNames).filter(([, text]) => text !== undefined)),
  });
}

/** A block as it begins, what is said in it in one piece each, and its end. */
function blockEvents(block: RawObject, index: string): ServerSentEvent[] {
  const begun = new Map(block);
  const deltas: ServerSentEvent[] = [];
  const say = (type: string, name: string, text: string) =>
    deltas.push(
      eventOf("content_block_delta", {
        index,
        delta: formatObject([
          ["type", JSON.stringify(type)],
          [name, text],
        ]),
      }),
    );
  const kind = typeOf(block);
  const spoken = spokenMembers.get(kind);
  if (spoken === undefined && !wholeKinds.test(kind)) throw new UnknownShape(`a block of type ${kind}`);
  for (const name of spoken ?? []) {
    const text = block.get(name);
    const [delta, { from }] = [...deltaKinds].find(([, { to }]) => to === name) ?? ["", { from: "" }];
    if (!isGiven(text)) continue;
    if (name === "citations") for (const citation of readArray(text)) say(delta, from, citation);
    else say(delta, from, name === "input" ? JSON.stringify(text) : text);
    begun.set(name, emptyMembers.get(name)?.[0] ?? "");
  }
  return [
    eventOf("content_block_start", { index, content_block: formatObject(begun) }),
    ...deltas,
    eventOf("content_block_stop", { index }),
  ];
}

/** What comes in pieces, by the type of a block; of the others known, nothing does. */
const spokenMembers: ReadonlyMap<string, readonly string[]> = new Map([
  ["text", ["citations", "text"]],
  ["thinking", ["thinking", "signature"]],
  ["tool_use", ["input"]],
  ["server_tool_use", ["input"]],
]);
const wholeKinds = /^(?:redacted_thinking|[a-z_]+_tool_result)$/;

function eventOf(type: string, members: Readonly<Record<string, string>>): ServerSentEvent {
  return { type, data: formatObject([["type", JSON.stringify(type)], ...Object.entries(members)]) };
}

function typeOf(object: RawObject): string {
  return readString(object.get("type"));
}
