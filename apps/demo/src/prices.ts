/** US dollars for a million tokens. */
export interface Price {
  readonly input: number;
  readonly output: number;
}

/** OpenAI's list prices as the demo's author knew them in 2025: good enough to see what a hit is worth. */
const prices: ReadonlyMap<string, Price> = new Map([
  ["gpt-4o", { input: 2.5, output: 10 }],
  ["gpt-4o-mini", { input: 0.15, output: 0.6 }],
  ["text-embedding-3-small", { input: 0.02, output: 0 }],
  ["text-embedding-3-large", { input: 0.13, output: 0 }],
]);

/** What a call's tokens cost in dollars. 0 for a model that is not in the table. */
export function costOf(model: string, usage: { readonly inputTokens: number; readonly outputTokens: number }): number {
  const { input, output } = prices.get(model) ?? { input: 0, output: 0 };
  return (usage.inputTokens * input + usage.outputTokens * output) / 1e6;
}

/** Says which price is assumed for a model. */
export function describePrice(model: string): string {
  const price = prices.get(model);
  if (price === undefined) return `${model}: no price known, counted as $0`;
  const output = price.output === 0 ? "" : ` in, $${price.output.toFixed(2)} out`;
  return `${model}: $${price.input.toFixed(2)}${output} per million tokens`;
}

/** Dollars, with as many places as a single call needs. */
export function formatCost(dollars: number): string {
  if (dollars > 0 && dollars < 0.00001) return "<$0.00001";
  return `$${dollars.toFixed(dollars >= 1 ? 2 : 5)}`;
}
