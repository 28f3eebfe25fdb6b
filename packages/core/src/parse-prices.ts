import { isPlainObject } from "./plain-object.ts";
import { describeType } from "./describe-type.ts";
import { checkRate, type ModelPrices, type PriceTable, type Rates, type SpecialRates } from "./prices.ts";

/** What each member of LiteLLM's is to us. Where two are the same to us, the first that a model has counts. */
const rateOf: readonly (readonly [member: string, rate: keyof Rates])[] = [
  ["input_cost_per_token", "inputToken"],
  ["output_cost_per_token", "outputToken"],
  ["cache_read_input_token_cost", "cachedInputToken"],
  ["cache_creation_input_token_cost", "cacheWriteToken"],
  ["input_cost_per_audio_token", "audioInputToken"],
  ["output_cost_per_audio_token", "audioOutputToken"],
  ["output_cost_per_reasoning_token", "reasoningToken"],
  ["output_cost_per_image", "image"],
  ["input_cost_per_image", "image"],
  // A second of audio is charged once, whichever side the vendor puts it on.
  ["output_cost_per_second", "second"],
  ["input_cost_per_second", "second"],
  ["input_cost_per_character", "character"],
  ["output_cost_per_character", "character"],
  ["input_cost_per_query", "query"],
];

const serviceTierOf: Readonly<Record<string, string>> = { batches: "batch", flex: "flex", priority: "priority" };

/**
 * Reads LiteLLM's public price file, `model_prices_and_context_window.json`, or one of that form: per token, with the rates of the vendors' prompt
 * caches, of audio and reasoning, of long inputs (`…_above_200k_tokens`, `tiered_pricing`) and of service tiers (`…_batches`, `…_flex`,
 * `…_priority`); per image, second, character and query. Members that say nothing of these are ignored; a member that is `null` is absent.
 * Amounts are in the file's currency, which is the US dollar.
 *
 * @param json the file, as text or parsed
 * @throws {TypeError} for a price of a wrong type, naming the model and the member; a `SyntaxError` for a text that is no JSON
 */
export function parsePrices(json: unknown): PriceTable {
  const file: unknown = typeof json === "string" ? JSON.parse(json) : json;
  if (!isPlainObject(file)) throw new TypeError(`the price file must be an object, got ${describeType(file)}`);
  const models = Object.entries(file).filter(([model]) => model !== "sample_spec");
  return Object.fromEntries(models.map(([model, price]) => [model, parseModel(price, model)]));
}

function parseModel(price: unknown, model: string): ModelPrices {
  if (!isPlainObject(price)) throw new TypeError(`the price of ${model} must be an object, got ${describeType(price)}`);
  const special = [...suffixesOf(price).map(readSuffix), ...tiersOf(price, model)].filter((one) =>
    Object.keys(one).some((name) => name !== "serviceTier" && name !== "aboveInputTokens"),
  );
  return { ...ratesIn(price, model), ...(special.length > 0 && { special }) };

  function readSuffix([suffix = "", thousands, tier]: readonly (string | undefined)[]): SpecialRates {
    return {
      ...(tier !== undefined && { serviceTier: serviceTierOf[tier] }),
      ...(thousands !== undefined && { aboveInputTokens: Number(thousands) * 1000 }),
      ...ratesIn(price as Members, model, suffix),
    };
  }
}

type Members = Readonly<Record<string, unknown>>;

/** The suffixes that some rates have, each once, with the thousands of tokens and the service tier in it. */
function suffixesOf(price: Members): readonly (readonly (string | undefined)[])[] {
  const found = Object.keys(price).map((member) =>
    /(?:_above_(\d+)k_tokens)?(?:_(batches|flex|priority))?$/.exec(member),
  );
  const special = found.flatMap((match) => (match === null || match[0] === "" ? [] : [match]));
  return [...new Map(special.map((match) => [match[0], [...match]])).values()];
}

function tiersOf({ tiered_pricing: tiers }: Members, model: string): readonly SpecialRates[] {
  if (tiers === undefined || tiers === null) return [];
  if (!Array.isArray(tiers) || !tiers.every(isPlainObject))
    throw new TypeError(`${model}: tiered_pricing must be an array of objects`);
  return (tiers as Members[]).flatMap((tier, index) => {
    const field = `${model}: tiered_pricing[${index}]`;
    // Searches have tiers of another kind: by results.
    if (tier["range"] === undefined) return [];
    const [from] = Array.isArray(tier["range"]) ? (tier["range"] as unknown[]) : [];
    if (typeof from !== "number") throw new TypeError(`${field}.range must begin with a number`);
    return { ...(from > 0 && { aboveInputTokens: from }), ...ratesIn(tier, field) };
  });
}

function ratesIn(members: Members, field: string, suffix = ""): Rates {
  const rates = new Map<keyof Rates, unknown>();
  for (const [member, rate] of rateOf) {
    const value = members[`${member}${suffix}`] ?? undefined;
    checkRate(value, `${field}: ${member}${suffix}`);
    if (value !== undefined && !rates.has(rate)) rates.set(rate, value);
  }
  return Object.fromEntries(rates);
}
