import type { Usage } from "@llmcache/core";
import type { ServerSentEvent } from "../event-stream.ts";
import { isObject, isSet } from "../json-object.ts";
import { compact } from "../json-text.ts";
import { openAiUsage, type Said } from "../token-usage.ts";
import {
  formatArray,
  formatObject,
  ifKnown,
  parseRaw,
  type RawObject,
  readArray,
  readObject,
  readString,
  UnknownShape,
} from "./raw-json.ts";
import { isStreamClear, parseTyped, typedStream } from "./typed-stream.ts";
import { endsIn, type Params, type WireFormat } from "./wire-format.ts";

/**
 * `POST …/images/generations` (platform.openai.com/docs/api-reference/images). An image that is only linked to is gone within the hour, and the link
 * would outlive it, so that only answers that hold their images are stored.
 */
export const imageGenerations: WireFormat = formatOf("/images/generations", "image_generation");

/** `POST …/images/edits`: images, by their content, and what to make of them. */
export const imageEdits: WireFormat = { ...formatOf("/images/edits", "image_edit"), body: "form" };

function formatOf(path: string, eventPrefix: string): WireFormat {
  const completed = `${eventPrefix}.completed`;
  return {
    operation: "image",
    matches: endsIn(path),
    isCacheable: (params) => typeof params["prompt"] === "string" && isStreamClear(params),
    isComplete,
    usageOf: (said) => usageOf(said, completed),
    stream: {
      ...typedStream,
      // Each image ends with the same event.
      isLast: () => false,
      isComplete: (events, params) => isCompleteStream(events, completed, params),
      collect: (events) => collect(events, completed),
      replay: (body, params) => replay(body, completed, params),
    },
  };
}

/** Several images of a stream say each what it used. Where no tokens are told, the images themselves are what is charged. */
function usageOf(said: Said, completed: string): Usage {
  const events = said.filter(({ type }) => type === completed);
  const images = events.length > 0 ? events.length : said.flatMap(({ data }) => data ?? []).length;
  const told = (events.length > 0 ? events : said).flatMap((one) => openAiUsage([one]) ?? []);
  const [first] = told;
  if (first === undefined) return { inputTokens: 0, outputTokens: 0, images };
  return { ...first, images, ...totalsOf(told) };
}

function totalsOf(told: readonly Usage[]): Pick<Usage, "inputTokens" | "outputTokens"> {
  const sum = (name: "inputTokens" | "outputTokens") => told.reduce((total, one) => total + one[name], 0);
  return { inputTokens: sum("inputTokens"), outputTokens: sum("outputTokens") };
}

/** What a whole answer and the last event of an image both say, under one name. */
const names: readonly string[] = ["background", "output_format", "quality", "safety_identifier", "size", "usage"];
const eventNames: ReadonlySet<string> = new Set([...names, "type", "created_at", "b64_json"]);
const wholeNames: ReadonlySet<string> = new Set([...names, "created", "data"]);

function isComplete(body: unknown, params: Params): boolean {
  if (!isObject(body) || isSet(body["error"]) || !Array.isArray(body["data"])) return false;
  return (
    body["data"].length >= imagesAsked(params) && body["data"].every((image) => isObject(image) && holdsImage(image))
  );
}

function isCompleteStream(events: readonly ServerSentEvent[], completed: string, params: Params): boolean {
  const parsed = parseTyped(events) ?? [];
  const images = parsed.filter(({ type }) => type === completed);
  return parsed.at(-1)?.["type"] === completed && images.length >= imagesAsked(params) && images.every(holdsImage);
}

function holdsImage({ b64_json: bytes, url }: Readonly<Record<string, unknown>>): boolean {
  return typeof bytes === "string" && bytes !== "" && !isSet(url);
}

/** In a form it is a text. */
function imagesAsked({ n }: Params): number {
  return Number(n ?? 1);
}

function collect(events: readonly ServerSentEvent[], completed: string): string | undefined {
  return ifKnown(() => {
    const [image, ...more] = events.map(({ data }) => parseRaw(data)).filter((event) => typeOf(event) === completed);
    if (image === undefined || more.length > 0) throw new UnknownShape("not one image");
    for (const name of image.keys()) if (!eventNames.has(name)) throw new UnknownShape(`unknown member ${name}`);
    return formatObject([
      ["created", image.get("created_at")],
      ...shared(image),
      ["data", formatArray([formatObject([["b64_json", image.get("b64_json")]])])],
    ]);
  });
}

/** Without the images on the way to it, for which nobody asked. */
function replay(body: string, completed: string, params: Params): readonly ServerSentEvent[] | undefined {
  return ifKnown(() => {
    if (Number(params["partial_images"] ?? 0) !== 0) throw new UnknownShape("images on the way");
    const whole = parseRaw(compact(body), wholeNames);
    const [image, ...more] = readArray(whole.get("data") ?? "");
    if (image === undefined || more.length > 0) throw new UnknownShape("not one image");
    const data = formatObject([
      ["type", JSON.stringify(completed)],
      ["created_at", whole.get("created")],
      ...shared(whole),
      ["b64_json", readObject(image, new Set(["b64_json"])).get("b64_json")],
    ]);
    return [{ type: completed, data }];
  });
}

function shared(object: RawObject): (readonly [name: string, text: string | undefined])[] {
  return names.map((name) => [name, object.get(name)] as const);
}

function typeOf(event: RawObject): string {
  return readString(event.get("type"));
}
