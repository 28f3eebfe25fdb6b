import { isPlainObject } from "./plain-object.ts";
import { describeType } from "./describe-type.ts";

/**
 * What the model used to make an answer, as its vendor counts it. The counts of cached, written, reasoning and audio tokens are parts of
 * `inputTokens` and `outputTokens`. The vendor's own prompt cache is the vendor's: what it saved is no saving of ours.
 */
export interface Usage {
  /** The model that answered, as its vendor names it. @default the call's `params.model` */
  readonly model?: string | undefined;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Of the input: read from the vendor's prompt cache. */
  readonly cachedInputTokens?: number | undefined;
  /** Of the input: written to the vendor's prompt cache. */
  readonly cacheWriteTokens?: number | undefined;
  readonly audioInputTokens?: number | undefined;
  readonly audioOutputTokens?: number | undefined;
  /** Of the output: thought, and not said. */
  readonly reasoningTokens?: number | undefined;
  /** What answers are charged by that tell no tokens: the images made, the seconds heard, the characters spoken, the searches. */
  readonly images?: number | undefined;
  readonly seconds?: number | undefined;
  readonly characters?: number | undefined;
  readonly queries?: number | undefined;
  /** How the vendor served the call, where that has a price of its own: `"batch"`, `"flex"`, `"priority"`. */
  readonly serviceTier?: string | undefined;
}

const counts = [
  "inputTokens",
  "outputTokens",
  "cachedInputTokens",
  "cacheWriteTokens",
  "audioInputTokens",
  "audioOutputTokens",
  "reasoningTokens",
  "images",
  "seconds",
  "characters",
  "queries",
] as const satisfies readonly (keyof Usage)[];

const texts = ["model", "serviceTier"] as const satisfies readonly (keyof Usage)[];

/** A copy of a usage, of the members that are known, in one order, that nobody can change. @throws {TypeError} for what is none, naming the member */
export function checkUsage(value: unknown): Usage {
  if (!isPlainObject(value)) throw new TypeError(`usage must be an object, got ${describeType(value)}`);
  const usage: Record<string, unknown> = { inputTokens: 0, outputTokens: 0 };
  for (const name of texts) {
    const text = value[name];
    if (text === undefined) continue;
    if (typeof text !== "string") throw new TypeError(`usage.${name} must be a string, got ${describeType(text)}`);
    usage[name] = text;
  }
  for (const name of counts) {
    const count = value[name];
    if (count === undefined && !(name in usage)) continue;
    if (typeof count !== "number" || !(count >= 0 && count < Infinity))
      throw new TypeError(`usage.${name} must be a number that is not negative, got ${describeType(count)}`);
    usage[name] = count;
  }
  return Object.freeze(usage) as unknown as Usage;
}
