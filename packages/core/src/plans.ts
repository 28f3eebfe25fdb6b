import { type Content, contentKind, decodeContent, decodeRecording, encodeContent } from "./content.ts";
import type { Plan } from "./engine.ts";
import type { Entry } from "./entry.ts";
import type { CacheEvent, MissReason } from "./event.ts";
import type { Call } from "./key.ts";
import { ModelCall } from "./model-call.ts";
import { Recording, type ReplayedChunk, type StreamSource } from "./recording.ts";
import type { Factory, Request } from "./request.ts";

/** What a flight brings: the answer itself, for the caller who began it, and a copy for everyone else, if it can be copied. */
export interface Answer<Value> {
  readonly original: Value;
  readonly content: Content | undefined;
}

/** How answers that come whole are served and made. `tell` is told what comes of `factory`. */
export function valuePlan<Value>(
  request: Request,
  factory: Factory<Value>,
  tell: (event: CacheEvent) => void,
): Plan<Answer<Value>, Value> {
  return {
    kind: "value",
    leased: true,
    byMeaning: "look-up",
    open: (entry) => openValue<Value>(entry, request),
    drain: async () => undefined,
    work: async (signal, land) => {
      const asked = new ModelCall(request, tell);
      const original = await asked.make(factory, signal);
      const usage = asked.answered(original);
      const { content, detail } = copyOf(original);
      land({ answer: original, content, detail, usage });
      return { original, content };
    },
  };
}

/** How answers that come in chunks are served and made. */
export function streamPlan<Chunk>(
  request: Request,
  factory: Factory<StreamSource<Chunk>>,
  tell: (event: CacheEvent) => void,
): Plan<Recording<Chunk>, ReplayedChunk<Chunk>[]> {
  return {
    kind: "stream",
    leased: true,
    byMeaning: "look-up",
    open: (entry) => openRecording<Chunk>(entry, request),
    drain: async (recording) => {
      for (let index = 0; (await recording.at(index)) !== undefined; index++);
    },
    work: async (signal, land) => {
      const asked = new ModelCall(request, tell);
      const source = await asked.make(factory, signal);
      const recording: Recording<Chunk> = new Recording(source, signal, (end) => {
        if ("error" in end) {
          asked.unanswered(end.error);
          return land(undefined);
        }
        asked.stop();
        const content = recording.content();
        const detail = content === undefined ? "a chunk of the stream cannot be copied" : undefined;
        const answer = content && readsAnswer(request) ? decodeContent(content) : undefined;
        const usage = asked.answered(answer);
        land({ answer, content, detail, usage });
      });
      return recording;
    },
  };
}

/** What a stored entry gives a caller who wants the answer whole. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows what kind of answer it stores
export function openValue<Value>({ content }: Entry, request: Request): { served: Value } | { miss: MissReason } {
  const { collect } = request.controls;
  if (content.kind === contentKind.recording && collect === undefined) return { miss: "other-kind" };
  const decode = () => {
    const decoded = decodeContent(content);
    return (content.kind === contentKind.recording ? collect?.(decoded as unknown[]) : decoded) as Value | undefined;
  };
  return openAs(decode, (value) => value, request);
}

function openRecording<Chunk>(
  { content }: Entry,
  request: Request,
): { served: ReplayedChunk<Chunk>[] } | { miss: MissReason } {
  const { replay } = request.controls;
  if (content.kind !== contentKind.recording && replay === undefined) return { miss: "other-kind" };
  const decode = () => {
    if (content.kind !== contentKind.recording) {
      const chunks = replay?.(decodeContent(content)) as readonly Chunk[] | undefined;
      return chunks?.map((value) => ({ offset: 0, value }));
    }
    return decodeRecording(content.body).map((chunk) => ({
      offset: chunk.offset,
      value: decodeContent(chunk.content) as Chunk,
    }));
  };
  return openAs(decode, (chunks) => chunks.map(({ value }) => value), request);
}

function openAs<Served>(
  decode: () => Served | undefined,
  answerOf: (served: Served) => unknown,
  { controls, call }: Request,
): { served: Served } | { miss: MissReason } {
  let served: Served | undefined;
  try {
    served = decode();
    if (served === undefined) return { miss: "other-kind" };
  } catch {
    // The checksum was right, so whoever wrote this wrote no content of ours.
    return { miss: "corrupt" };
  }
  return isAccepted(controls, answerOf(served), call) ? { served } : { miss: "not-accepted" };
}

/** Whether a stored answer serves the call, by its own judgement. One that throws does not accept. */
export function isAccepted({ accepts }: Request["controls"], answer: unknown, call: Call): boolean {
  if (accepts === undefined) return true;
  try {
    return accepts(answer as never, call);
  } catch {
    return false;
  }
}

/** A private copy of an answer, or why there is none. */
function copyOf(answer: unknown): { readonly content: Content | undefined; readonly detail?: string } {
  try {
    return { content: encodeContent(answer) };
  } catch (error) {
    return { content: undefined, detail: error instanceof TypeError ? error.message : "the answer cannot be encoded" };
  }
}

function readsAnswer({ controls, settings }: Request): boolean {
  return [controls, settings.options].some(
    ({ admit, ttlOf, usageOf: readsUsage }) => admit !== undefined || ttlOf !== undefined || readsUsage !== undefined,
  );
}
