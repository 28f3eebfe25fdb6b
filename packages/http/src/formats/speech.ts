import type { ServerSentEvent } from "../event-stream.ts";
import { bytesFraming, eventStreamFraming } from "../framing.ts";
import { openAiUsage } from "../token-usage.ts";
import { lastTypeIn, parseTyped, typedStream } from "./typed-stream.ts";
import { endsIn, type Params, type WireFormat } from "./wire-format.ts";

/** `POST …/audio/speech` (platform.openai.com/docs/api-reference/audio): bytes as they are spoken, or events that hold them. */
export const speech: WireFormat = {
  operation: "speech",
  matches: endsIn("/audio/speech"),
  isCacheable: ({ input }) => typeof input === "string",
  // It always comes as a stream.
  isComplete: () => false,
  usageOf: (said, params) => openAiUsage(said) ?? { inputTokens: 0, outputTokens: 0, characters: charactersIn(params) },
  stream: {
    ...typedStream,
    framingOf: (params) => (asksForEvents(params) ? eventStreamFraming : bytesFraming),
    isAsked: () => true,
    isLast: (piece) => piece.length <= mostBytesOfEnd && lastTypeIn(piece) === done,
    isComplete: (events, params) => (asksForEvents(params) ? isSpoken(events) : events.length > 0),
    collect: () => undefined,
    replay: () => undefined,
  },
};

const done = "speech.audio.done";

/** Longer pieces are not looked at: the last event says what was used, and no more. */
const mostBytesOfEnd = 1024;

function asksForEvents({ stream_format: format }: Params): boolean {
  return format === "sse";
}

function isSpoken(events: readonly ServerSentEvent[]): boolean {
  const parsed = parseTyped(events) ?? [];
  return parsed.at(-1)?.["type"] === done && parsed.some(({ audio }) => typeof audio === "string" && audio !== "");
}

/** What is spoken is charged by its length where no tokens are told. */
function charactersIn({ input }: Params): number {
  return typeof input === "string" ? [...input].length : 0;
}
