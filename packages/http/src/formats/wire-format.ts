import type { Usage } from "@llmcache/core";
import type { ServerSentEvent } from "../event-stream.ts";
import type { Framing } from "../framing.ts";
import type { Said } from "../token-usage.ts";

/** The body of a request: a JSON object, or the fields of a form, in which a file is the digest of its content. */
export type Params = Readonly<Record<string, unknown>>;

/** What the cache has to know of one of the APIs that models are called by. */
export interface WireFormat {
  /** As core knows it. */
  readonly operation: string;
  /** Whether a URL is one of its own. The method is POST. */
  readonly matches: (url: URL) => boolean;
  /** What of the URL counts, where some of it only says how the answer is sent. */
  readonly endpointOf?: ((url: URL) => URL) | undefined;
  /** What the body of a request is. @default "json" */
  readonly body?: "json" | "form" | undefined;
  /** Whether the answer depends on the request alone, and is all that the caller wants of it. */
  readonly isCacheable: (params: Params) => boolean;
  /** Whether an answer may stand for the model's: neither cut short, nor filtered, nor refused, nor empty. `body` is a parsed JSON object, or the text where it is none. */
  readonly isComplete: (body: unknown, params: Params) => boolean;
  /** What the model used for an answer, as far as it is told: of the objects that the answer consists of, its body or its stream's events. */
  readonly usageOf: (said: Said, params: Params) => Usage | undefined;
  /** How it streams, if it does. */
  readonly stream?: StreamFormat | undefined;
  /** How a request with many inputs is taken apart, if it has such. Its answers are then judged part by part, never by `isComplete`. */
  readonly batch?: BatchFormat | undefined;
}

/** Matches the end of a URL's path, whatever comes before it: `/v1`, `/openai/deployments/<name>`, or what a gateway likes. */
export function endsIn(...paths: readonly string[]): (url: URL) => boolean {
  return ({ pathname }) => paths.some((path) => pathname.endsWith(path));
}

/** How an API streams its answers. */
export interface StreamFormat {
  /** How events are told apart in the body. */
  readonly framingOf: (params: Params) => Framing;
  /** Whether the request asks for a stream. */
  readonly isAsked: (params: Params) => boolean;
  /** What the key leaves out as transport and yet changes what a client sees, if anything. */
  readonly optionsThatCount: (params: Params) => Params | undefined;
  /** The form that the stream has, where one recording can serve callers of several. */
  readonly variantOf: (params: Params) => string;
  /** The form that tells all that a whole answer does: callers of both share a call of the model. */
  readonly wholeVariant: string;
  /** An event of a recording, in bytes as they came, in the form that another caller asked for; empty for one that it lacks; `undefined` where there is no telling. */
  readonly translate: (event: Uint8Array, recorded: string, wanted: string) => Uint8Array | undefined;
  /** Whether a client reads no further than this event, in bytes as it came. Nothing after it is read here either. */
  readonly isLast: (event: Uint8Array) => boolean;
  /** As `isComplete` of the whole format: whether all events came, the last included. */
  readonly isComplete: (events: readonly ServerSentEvent[], params: Params) => boolean;
  /**
   * The body of the whole answer that a complete stream makes, as JSON text; `undefined` where nothing can be said without a loss or a guess.
   *
   * @param params of the caller who wants it whole
   */
  readonly collect: (events: readonly ServerSentEvent[], params: Params) => string | undefined;
  /**
   * The other way: the events of a whole answer, the last included. `collect` makes the same answer of them.
   *
   * @param params of the caller who wants a stream
   */
  readonly replay: (body: string, params: Params) => readonly ServerSentEvent[] | undefined;
}

/** How an API answers many inputs at once. */
export interface BatchFormat {
  /** The inputs, each of which could be asked alone; `undefined` for a request that cannot be taken apart. */
  readonly inputsOf: (params: Params) => readonly unknown[] | undefined;
  /** The rest of the request, which all inputs share. */
  readonly restOf: (params: Params) => Params;
  /** The request's body with other inputs. */
  readonly withInputs: (body: string, inputs: readonly unknown[]) => string;
  /** The answer to each input, in their order; `undefined` for a body that does not answer each of them once. */
  readonly split: (body: string, inputs: readonly unknown[]) => readonly AnswerPart[] | undefined;
  /** The body that answers some inputs, from the answers to each. @param frame the position of the answer whose surroundings are taken */
  readonly join: (parts: readonly AnswerPart[], frame: number) => string;
  /** What of the body was said of one answer: its share of the usage, and what tells the model. */
  readonly saidOf: (part: AnswerPart) => Readonly<Record<string, unknown>>;
  /** Whether a stored value is such an answer. */
  readonly isPart: (value: unknown) => value is AnswerPart;
}

/** The answer to one input: JSON. Only its format looks inside. */
export type AnswerPart = Readonly<Record<string, unknown>>;
