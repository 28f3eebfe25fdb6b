import type { ServerSentEvent } from "../event-stream.ts";
import { isObject } from "../json-object.ts";
import { compact } from "../json-text.ts";
import {
  formatObject,
  ifKnown,
  parseRaw,
  type RawObject,
  readArray,
  readObject,
  readString,
  UnknownShape,
} from "./raw-json.ts";
import type { Params } from "./wire-format.ts";

const inProgress = '"in_progress"';

/** What an event says, each member as JSON text. */
type Event = readonly [type: string, members: Readonly<Record<string, string>>];

/**
 * The stream that says what a whole response says, ending with the response itself; `undefined` where it has an item whose events are not certain.
 * Known are messages of texts without annotations, calls of functions, and summaries of thoughts.
 */
export function replayResponse(body: string, params: Params): readonly ServerSentEvent[] | undefined {
  return ifKnown(() => {
    if (!isPlain(params)) throw new UnknownShape("options that are not known");
    const response = parseRaw(body);
    const begun = formatObject(beginningOf(response));
    const items = readArray(response.get("output") ?? "");
    const events: Event[] = [
      ["response.created", { response: begun }],
      ["response.in_progress", { response: begun }],
      ...items.flatMap((item, index) => eventsOf(item, String(index))),
      ["response.completed", { response: body }],
    ];
    return events.map(([type, members], position) => ({
      type,
      data: compact(
        formatObject(Object.entries({ type: JSON.stringify(type), ...members, sequence_number: String(position) })),
      ),
    }));
  });
}

/** What is known before the first token. */
function beginningOf(response: RawObject): [string, string][] {
  const changes = new Map([
    ["status", inProgress],
    ["completed_at", "null"],
    ["output", "[]"],
    ["usage", "null"],
  ]);
  return [...response].map(([name, text]) => [name, changes.get(name) ?? text]);
}

function eventsOf(item: string, index: string): Event[] {
  const kind = kinds.get(readObject(item).get("type") ?? "");
  if (kind === undefined) throw new UnknownShape("an item of another type");
  const members = readObject(item, kind.names);
  readString(members.get("id"));
  const begun = [...members].map(
    ([name, text]) => [name, name === "status" ? inProgress : (kind.empty[name] ?? text)] as const,
  );
  return [
    ["response.output_item.added", { output_index: index, item: formatObject(begun) }],
    ...kind.eventsOf(members, { item_id: members.get("id") ?? "", output_index: index }),
    ["response.output_item.done", { output_index: index, item }],
  ];
}

/** How one type of item comes. */
interface Kind {
  /** All members that it may have. */
  readonly names: ReadonlySet<string>;
  /** What its parts are before they come. */
  readonly empty: Readonly<Record<string, string>>;
  readonly eventsOf: (item: RawObject, place: Place) => Event[];
}

/** Where an event belongs. */
type Place = Readonly<Record<string, string>>;

const kinds: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  [
    '"message"',
    {
      names: new Set(["id", "type", "status", "role", "phase", "content"]),
      empty: { content: "[]" },
      eventsOf: (item, place) =>
        readArray(item.get("content") ?? "").flatMap((part, index) =>
          textEvents(part, { ...place, content_index: String(index) }),
        ),
    },
  ],
  [
    '"function_call"',
    {
      names: new Set(["id", "type", "status", "call_id", "name", "arguments"]),
      empty: { arguments: '""' },
      eventsOf: callEvents,
    },
  ],
  [
    '"reasoning"',
    {
      names: new Set(["id", "type", "status", "summary", "encrypted_content"]),
      empty: { summary: "[]" },
      eventsOf: (item, place) =>
        readArray(item.get("summary") ?? "").flatMap((part, index) =>
          summaryEvents(part, { ...place, summary_index: String(index) }),
        ),
    },
  ],
]);

const textNames: ReadonlySet<string> = new Set(["type", "text", "annotations", "logprobs"]);
const summaryNames: ReadonlySet<string> = new Set(["type", "text"]);

function textEvents(text: string, place: Place): Event[] {
  const part = readObject(text, textNames);
  const logprobs = part.get("logprobs") ?? "[]";
  const said = textOf(part, '"output_text"');
  if (readArray(part.get("annotations") ?? "[]").length > 0) throw new UnknownShape("annotations");
  const begun = new Map(part).set("text", '""');
  if (begun.has("logprobs")) begun.set("logprobs", "[]");
  return [
    ["response.content_part.added", { ...place, part: formatObject(begun) }],
    ["response.output_text.delta", { ...place, delta: said, logprobs }],
    ["response.output_text.done", { ...place, text: said, logprobs }],
    ["response.content_part.done", { ...place, part: text }],
  ];
}

function summaryEvents(text: string, place: Place): Event[] {
  const part = readObject(text, summaryNames);
  const said = textOf(part, '"summary_text"');
  return [
    ["response.reasoning_summary_part.added", { ...place, part: formatObject(new Map(part).set("text", '""')) }],
    ["response.reasoning_summary_text.delta", { ...place, delta: said }],
    ["response.reasoning_summary_text.done", { ...place, text: said }],
    ["response.reasoning_summary_part.done", { ...place, part: text }],
  ];
}

function callEvents(call: RawObject, place: Place): Event[] {
  const said = call.get("arguments") ?? "";
  readString(said);
  return [
    ["response.function_call_arguments.delta", { ...place, delta: said }],
    ["response.function_call_arguments.done", { ...place, arguments: said }],
  ];
}

/** The text of a part that must be of a type. */
function textOf(part: RawObject, type: string): string {
  const text = part.get("text") ?? "";
  readString(text);
  if (part.get("type") !== type) throw new UnknownShape("a part of another type");
  return text;
}

/** Padding against eavesdroppers is more than a whole answer tells. */
function isPlain({ stream_options: options }: Params): boolean {
  if (!isObject(options)) return true;
  const { include_obfuscation: padding = false, ...others } = options;
  return padding === false && Object.keys(others).length === 0;
}
