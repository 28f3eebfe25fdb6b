import { isPlainObject } from "./plain-object.ts";
import { describeType } from "./describe-type.ts";
import type { Usage } from "./usage.ts";

/** What one of each costs, in the currency of the table. */
export interface Rates {
  readonly inputToken?: number | undefined;
  readonly outputToken?: number | undefined;
  /** Read from the vendor's prompt cache. @default `inputToken` */
  readonly cachedInputToken?: number | undefined;
  /** Written to the vendor's prompt cache. @default `inputToken` */
  readonly cacheWriteToken?: number | undefined;
  /** @default `inputToken` */
  readonly audioInputToken?: number | undefined;
  /** @default `outputToken` */
  readonly audioOutputToken?: number | undefined;
  /** @default `outputToken` */
  readonly reasoningToken?: number | undefined;
  readonly image?: number | undefined;
  readonly second?: number | undefined;
  readonly character?: number | undefined;
  readonly query?: number | undefined;
}

/** Rates that take the place of the others' for some calls. Where several apply, those of the service tier go first, then those for the most tokens. */
export interface SpecialRates extends Rates {
  /** For calls with more input tokens than this: all of their tokens, not only those above. */
  readonly aboveInputTokens?: number | undefined;
  /** For calls that were served so: `"batch"`, `"flex"`, `"priority"`. */
  readonly serviceTier?: string | undefined;
}

export interface ModelPrices extends Rates {
  readonly special?: readonly SpecialRates[] | undefined;
}

/**
 * What models cost, by their names. An amount is a plain number, the sum of counts times rates in double precision: exact to about 15 digits.
 * Round it where it is shown, not before it is added up.
 */
export type PriceTable = Readonly<Record<string, ModelPrices>>;

const rateNames = [
  "inputToken",
  "outputToken",
  "cachedInputToken",
  "cacheWriteToken",
  "audioInputToken",
  "audioOutputToken",
  "reasoningToken",
  "image",
  "second",
  "character",
  "query",
] as const satisfies readonly (keyof Rates)[];

/**
 * What a usage costs: by its tokens where it has any, otherwise by its images, seconds, characters and queries. `undefined` where the table does not say:
 * a model that it lacks, or a count without a rate.
 *
 * @param asked the model that the call named, where the table lacks the one that answered
 */
export function costOf(usage: Usage, prices: PriceTable, asked?: string): number | undefined {
  const name = [usage.model, asked].find((model) => model !== undefined && Object.hasOwn(prices, model));
  const price = name === undefined ? undefined : prices[name];
  if (price === undefined) return undefined;
  const rates = ratesFor(usage, price);
  let cost: number | undefined = 0;
  for (const [count, rate] of chargesOf(usage, rates)) {
    if (count === 0) continue;
    if (rate === undefined) return undefined;
    cost += count * rate;
  }
  return cost;
}

/** Each count with its rate. */
function chargesOf(usage: Usage, rates: Rates): (readonly [count: number, rate: number | undefined])[] {
  const { inputTokens, outputTokens, cachedInputTokens = 0, cacheWriteTokens = 0 } = usage;
  const { audioInputTokens = 0, audioOutputTokens = 0, reasoningTokens = 0 } = usage;
  const { inputToken, outputToken } = rates;
  if (inputTokens + outputTokens === 0) {
    const { images = 0, seconds = 0, characters = 0, queries = 0 } = usage;
    return [
      [images, rates.image],
      [seconds, rates.second],
      [characters, rates.character],
      [queries, rates.query],
    ];
  }
  return [
    [rest(inputTokens, cachedInputTokens + cacheWriteTokens + audioInputTokens), inputToken],
    [cachedInputTokens, rates.cachedInputToken ?? inputToken],
    [cacheWriteTokens, rates.cacheWriteToken ?? inputToken],
    [audioInputTokens, rates.audioInputToken ?? inputToken],
    [rest(outputTokens, audioOutputTokens + reasoningTokens), outputToken],
    [audioOutputTokens, rates.audioOutputToken ?? outputToken],
    [reasoningTokens, rates.reasoningToken ?? outputToken],
  ];
}

/** The parts may overlap: audio that was cached is counted as both. */
function rest(whole: number, parts: number): number {
  return Math.max(0, whole - parts);
}

function ratesFor({ inputTokens, serviceTier }: Usage, { special = [], ...rates }: ModelPrices): Rates {
  if (special.length === 0) return rates;
  const applying = special.filter(
    (one) =>
      (one.serviceTier === undefined || one.serviceTier === serviceTier) &&
      (one.aboveInputTokens === undefined || inputTokens > one.aboveInputTokens),
  );
  const rank = (one: SpecialRates) => [one.serviceTier === undefined ? 0 : 1, one.aboveInputTokens ?? 0] as const;
  const ordered = applying.toSorted((left, right) => {
    const [[tier, above], [otherTier, otherAbove]] = [rank(left), rank(right)];
    return tier - otherTier || above - otherAbove;
  });
  return Object.assign({}, rates, ...ordered) as Rates;
}

/** @throws {TypeError} for what is no table of prices, naming the model and the member */
export function checkPrices(prices: unknown): void {
  if (!isPlainObject(prices)) throw new TypeError(`prices must be an object, got ${describeType(prices)}`);
  for (const [model, price] of Object.entries(prices)) {
    const field = `prices[${JSON.stringify(model)}]`;
    checkRates(price, field);
    const { special = [] } = price as ModelPrices;
    if (!Array.isArray(special)) throw new TypeError(`${field}.special must be an array, got ${describeType(special)}`);
    for (const [index, one] of (special as SpecialRates[]).entries()) {
      checkRates(one, `${field}.special[${index}]`);
      checkRate(one.aboveInputTokens, `${field}.special[${index}].aboveInputTokens`);
    }
  }
}

function checkRates(rates: unknown, field: string): void {
  if (!isPlainObject(rates)) throw new TypeError(`${field} must be an object, got ${describeType(rates)}`);
  for (const name of rateNames) checkRate(rates[name], `${field}.${name}`);
}

/** @throws {TypeError} for what is neither absent nor a number of 0 or more, naming the field */
export function checkRate(rate: unknown, field: string): void {
  if (rate !== undefined && !(typeof rate === "number" && rate >= 0 && rate < Infinity))
    throw new TypeError(`${field} must be a number that is not negative, got ${describeType(rate)}`);
}
