import type { ServerSentEvent } from "../event-stream.ts";
import { isObject, isSet } from "../json-object.ts";
import { compact } from "../json-text.ts";
import { openAiUsage } from "../token-usage.ts";
import { formatObject, ifKnown, parseRaw, readString, UnknownShape } from "./raw-json.ts";
import { isStreamClear, lastTypeIn, parseTyped, typedStream } from "./typed-stream.ts";
import { endsIn, type Params, type WireFormat } from "./wire-format.ts";

/**
 * `POST …/audio/transcriptions` and `…/audio/translations` (platform.openai.com/docs/api-reference/audio): a file is known by its content,
 * whatever it is called.
 */
export const transcriptions: WireFormat = {
  operation: "transcription",
  matches: endsIn("/audio/transcriptions", "/audio/translations"),
  body: "form",
  isCacheable: (params) => isObject(params["file"]) && isStreamClear(params),
  isComplete,
  usageOf: openAiUsage,
  stream: {
    ...typedStream,
    isLast: (event) => lastTypeIn(event) === done,
    isComplete: (events) => {
      const last = parseTyped(events)?.at(-1);
      return last?.["type"] === done && isComplete(last);
    },
    collect,
    replay,
  },
};

const done = "transcript.text.done";

/** All that an answer of the format `json` may say. The last event says the same. */
const names: ReadonlySet<string> = new Set(["text", "languages", "logprobs", "usage"]);

/** Nothing was said in a recording of silence, which does not tell it from a failure. */
function isComplete(body: unknown): boolean {
  if (!isObject(body)) return typeof body === "string" && body.trim() !== "";
  return !isSet(body["error"]) && typeof body["text"] === "string" && body["text"] !== "";
}

function collect(events: readonly ServerSentEvent[], params: Params): string | undefined {
  return ifKnown(() => {
    if (!isPlain(params)) throw new UnknownShape("a format that tells more");
    const last = new Map(parseRaw(events.at(-1)?.data ?? "", new Set([...names, "type"])));
    last.delete("type");
    return formatObject(last);
  });
}

function replay(body: string, params: Params): readonly ServerSentEvent[] | undefined {
  return ifKnown(() => {
    if (!isPlain(params)) throw new UnknownShape("a format that tells more");
    const whole = parseRaw(compact(body), names);
    readString(whole.get("text"));
    const delta = [
      ["type", '"transcript.text.delta"'],
      ["delta", whole.get("text")],
      ["logprobs", whole.get("logprobs")],
    ] as const;
    return [formatObject(delta), formatObject([["type", JSON.stringify(done)], ...whole])].map((data) => ({
      type: "message",
      data,
    }));
  });
}

function isPlain({ response_format: format = "json", stream_options: options }: Params): boolean {
  return format === "json" && options === undefined;
}
