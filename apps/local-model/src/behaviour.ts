/** The routes that answer with a model's work. */
export type Route = (typeof routes)[number];

/** All of them. */
export const routes = [
  "chat",
  "completions",
  "responses",
  "embeddings",
  "messages",
  "gemini",
  "transcriptions",
  "speech",
  "images",
  "moderations",
  "rerank",
] as const;

/** A tool call to answer with. `arguments` becomes JSON text. */
export interface ToolCallOverride {
  readonly name: string;
  readonly arguments: unknown;
}

/** What to say in place of what would be generated. What is left out is generated as ever. */
export interface AnswerOverride {
  /** The whole text. `""` is an empty answer. */
  readonly text?: string | undefined;
  /** How it ends. With `"length"` and `"content_filter"` a generated text stops half-way. */
  readonly finishReason?: "stop" | "length" | "content_filter" | undefined;
  /** Calls of tools in place of text. */
  readonly toolCalls?: readonly ToolCallOverride[] | undefined;
  /** A refusal in place of text. */
  readonly refusal?: string | undefined;
  /** What a reasoning model thinks first: `reasoning_content` in chat, a reasoning item in responses. */
  readonly reasoning?: string | undefined;
}

/**
 * What goes wrong.
 *
 * - `status`: an error response shaped as OpenAI's.
 * - `error-event`: a stream that turns into an error after some events; outside streams a 500.
 * - `reset`: the connection is reset in the middle of the body.
 * - `cut`: the body ends in order, but half-way, so that a stream lacks its end.
 * - `malformed`: a body, or an event after some good ones, that is no JSON.
 * - `hang`: silence until the client gives up. With `afterEvents` it begins the body first.
 */
export interface Failure {
  readonly kind: "status" | "error-event" | "reset" | "cut" | "malformed" | "hang";
  /** The status of `status`. @default 500 */
  readonly status?: number | undefined;
  /** The error's code in place of the usual one for its status, for example `"insufficient_quota"`. */
  readonly code?: string | undefined;
  /** Seconds in the `retry-after` and `retry-after-ms` headers of `status`. @default 1 for 429, else no header */
  readonly retryAfter?: number | undefined;
  /** How many events of a stream go well first; with 0 not even the status arrives, save for `cut` and `malformed`. @default 0 for `hang`, else 3 */
  readonly afterEvents?: number | undefined;
  /** How many requests fail before all is well again. @default Infinity */
  readonly times?: number | undefined;
  /** The only route that fails. @default every route */
  readonly route?: Route | undefined;
}

/** How the model behaves. */
export interface Behaviour {
  /** Milliseconds from a request to the first token of its answer. @default 300 */
  readonly firstTokenMs: number;
  /** How fast it writes. `Infinity`: at once. @default 90 */
  readonly tokensPerSecond: number;
  /** Milliseconds that an embeddings request takes. @default 80 */
  readonly embeddingMs: number;
  /** Whether JSON bodies are sent with gzip to clients that accept it, as the real API does. @default true */
  readonly compression: boolean;
  /** Sends bodies in pieces of this many bytes, which may fall inside an event or a character. @default Infinity */
  readonly bytesPerWrite: number;
  /** Awaited before each event of a stream (counted from 0) and before what breaks it off, or once before another body: a test can hold the model here. */
  readonly beforeEvent: ((index: number) => void | Promise<void>) | undefined;
  readonly answer: AnswerOverride | undefined;
  readonly failure: Failure | undefined;
}

/** What `update` takes: the behaviour's fields that change. `undefined` puts a field back to its default. */
export type BehaviourChanges = { readonly [Name in keyof Behaviour]?: Behaviour[Name] | undefined };

const realistic: Behaviour = {
  firstTokenMs: 300,
  tokensPerSecond: 90,
  embeddingMs: 80,
  compression: true,
  bytesPerWrite: Infinity,
  beforeEvent: undefined,
  answer: undefined,
  failure: undefined,
};

/** For tests: no latency at all. */
export const instant: BehaviourChanges = { firstTokenMs: 0, tokensPerSecond: Infinity, embeddingMs: 0 };

/** @throws {TypeError} for a field that is not known. */
export function changeBehaviour(changes: BehaviourChanges, from: Behaviour = realistic): Behaviour {
  for (const name of Object.keys(changes)) {
    if (!(name in realistic)) {
      throw new TypeError(
        `local model: unknown behaviour ${JSON.stringify(name)}; known are ${Object.keys(realistic).join(", ")}`,
      );
    }
  }
  const defaults = Object.fromEntries(
    Object.entries(changes).map(([name, value]) => [name, value ?? realistic[name as keyof Behaviour]]),
  );
  return { ...from, ...defaults };
}
