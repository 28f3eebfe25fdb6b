import { type Content, contentKind, decodeContent, decodeRecording, encodeContent } from "./content.ts";
import type { Plan } from "./engine.ts";
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
    open: (content) => openValue<Value>(content, request),
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
    open: (content) => openRecording<Chunk>(content, request),
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

/** What a stored answer gives a caller who wants the answer whole. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows what kind of answer it stores
export function openValue<Value>(content: Content, request: Request): { served: Value } | { miss: MissReason } {
  const { collect } = request.controls;
  const isRecording = content.kind === contentKind.recording;
  if (isRecording && collect === undefined) return { miss: "other-kind" };
  const adapt = (decoded: unknown) => (isRecording ? collect?.(decoded as unknown[]) : decoded) as Value | undefined;
  return openAs(
    () => decodeContent(content),
    adapt,
    (value) => value,
    request,
  );
}

function openRecording<Chunk>(
  content: Content,
  request: Request,
): { served: ReplayedChunk<Chunk>[] } | { miss: MissReason } {
  const { replay } = request.controls;
  if (content.kind !== contentKind.recording && replay === undefined) return { miss: "other-kind" };
  const answerOf = (chunks: readonly ReplayedChunk<Chunk>[]) => chunks.map(({ value }) => value);
  if (content.kind !== contentKind.recording) {
    const adapt = (whole: unknown) =>
      (replay?.(whole) as readonly Chunk[] | undefined)?.map((value) => ({ offset: 0, value }));
    return openAs(() => decodeContent(content), adapt, answerOf, request);
  }
  const decode = () =>
    decodeRecording(content.body).map((chunk) => ({
      offset: chunk.offset,
      value: decodeContent(chunk.content) as Chunk,
    }));
  return openAs(decode, (chunks) => chunks, answerOf, request);
}

/** @param adapt what the caller makes of an answer of the other kind; one that throws makes none */
function openAs<Decoded, Served>(
  decode: () => Decoded,
  adapt: (decoded: Decoded) => Served | undefined,
  answerOf: (served: Served) => unknown,
  { controls, call }: Request,
): { served: Served } | { miss: MissReason } {
  let decoded: Decoded;
  try {
    decoded = decode();
  } catch {
    // The checksum was right, so whoever wrote this wrote no content of ours.
    return { miss: "corrupt" };
  }
  let served: Served | undefined;
  try {
    served = adapt(decoded);
  } catch {
    // The caller's program is wrong, not what is stored.
  }
  if (served === undefined) return { miss: "other-kind" };
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
export function copyOf(answer: unknown): { readonly content: Content | undefined; readonly detail?: string } {
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
