import type { LanguageModelV4StreamPart } from "@ai-sdk/provider";
import type { Failure } from "./failure.ts";
import { fromJsonForm, isJsonForm, type JsonForm, toJsonForm } from "./json-form.ts";

/** What comes first in a recording. After it comes each part. */
export interface RecordingHead {
  /** Whether the recording's first caller asked for the vendor's own chunks. */
  readonly raw: boolean;
}

/** What a recording consists of; what is no recording is one failure. */
export type Chunk = RecordingHead | JsonForm | Failure;

/** A vendor's stream as it is recorded. Cancelling it cancels the vendor's. */
export function recorded(parts: ReadableStream<LanguageModelV4StreamPart>, head: RecordingHead): ReadableStream<Chunk> {
  return parts.pipeThrough(
    new TransformStream<LanguageModelV4StreamPart, Chunk>({
      start: (controller) => controller.enqueue(head),
      transform: (part, controller) => controller.enqueue(toJsonForm(part)),
    }),
  );
}

/** The recording that parts make which come from elsewhere. */
export function recordingOf(parts: readonly LanguageModelV4StreamPart[]): Chunk[] {
  return [{ raw: false }, ...parts.map(toJsonForm)];
}

/** The parts of a recording. `undefined` for what is none: under a key of the caller's own anything may be stored. */
export function partsOf([head, ...forms]: readonly unknown[]): LanguageModelV4StreamPart[] | undefined {
  if (!isHead(head) || !forms.every(isJsonForm)) return undefined;
  const parts = forms.map(fromJsonForm);
  return parts.every(isPart) ? parts : undefined;
}

/** Whether a recording has what a caller asks for. */
export function serves(chunks: readonly unknown[], raw: boolean): boolean {
  const [head] = chunks;
  return isHead(head) && (head.raw || !raw) && partsOf(chunks) !== undefined;
}

/** What says how a stream ended. */
export type FinishPart = Extract<LanguageModelV4StreamPart, { type: "finish" }>;

/** Gives a caller what is left of a recording. Nothing is read ahead. */
export function partsFor(
  reader: ReadableStreamDefaultReader<Chunk>,
  { raw }: RecordingHead,
  mark: (part: FinishPart, isLast: boolean) => Promise<LanguageModelV4StreamPart>,
): ReadableStream<LanguageModelV4StreamPart> {
  let begun: ReturnType<typeof reader.read> | undefined;
  return new ReadableStream<LanguageModelV4StreamPart>(
    {
      async pull(controller) {
        for (;;) {
          const { done, value } = await (begun ?? reader.read());
          begun = undefined;
          if (done) return controller.close();
          const part = fromJsonForm(value as JsonForm) as LanguageModelV4StreamPart;
          if (part.type === "raw" && !raw) continue;
          if (part.type === "finish") {
            // A caller that has what it waits for cancels. The recording must be complete by then, or the answer would be lost.
            begun = reader.read();
            const next = await begun.catch(() => undefined);
            return controller.enqueue(await mark(part, next?.done === true));
          }
          return controller.enqueue(part);
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

function isHead(chunk: unknown): chunk is RecordingHead {
  return typeof chunk === "object" && chunk !== null && "raw" in chunk && typeof chunk.raw === "boolean";
}

function isPart(value: unknown): value is LanguageModelV4StreamPart {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}
