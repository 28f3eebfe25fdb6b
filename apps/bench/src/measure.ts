import type { Competitor } from "./row.ts";
import { quantile } from "./statistics.ts";

/** The samples of each competitor, by name, one for each round. */
export type Samples = ReadonlyMap<string, readonly number[]>;

export interface MeasureOptions {
  readonly rounds: number;
  /** @default true */
  readonly warmUp?: boolean | undefined;
  /** Which of the times of a sample that has many counts. */
  readonly share?: number | undefined;
  /** Told before each round. */
  readonly onRound?: ((round: number) => void) | undefined;
  /** @default Math.random */
  readonly random?: (() => number) | undefined;
}

/**
 * Takes a sample of each competitor in every round, in another order each time, so that whatever the machine does meanwhile, and whatever
 * one leaves behind for the next, falls on all alike. The round that warms up is number 0.
 */
export async function measure(competitors: readonly Competitor[], options: MeasureOptions): Promise<Samples> {
  const samples = new Map<string, number[]>(competitors.map(({ name }) => [name, []]));
  for (let round = options.warmUp === false ? 1 : 0; round <= options.rounds; round++) {
    options.onRound?.(round);
    for (const competitor of shuffled(competitors, options.random ?? Math.random)) {
      collectGarbage();
      const sample = await competitor.sample();
      if (round > 0) samples.get(competitor.name)?.push(figureOf(sample, options.share));
    }
  }
  return samples;
}

function figureOf(sample: number | readonly number[], share: number | undefined): number {
  if (typeof sample === "number") return sample;
  if (share === undefined) throw new TypeError("a sample of many times needs a row with a `share`");
  return quantile(sample, share);
}

/** A new array with the items in any order, each as likely (Fisher and Yates). */
export function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [result[last], result[other]] = [result[other] as Item, result[last] as Item];
  }
  return result;
}

/** Lets no sample pay for the garbage of the one before. Young garbage is enough, and takes less than a millisecond. */
function collectGarbage(): void {
  const { gc } = globalThis as { gc?: (options: { readonly type: "minor" }) => void };
  gc?.({ type: "minor" });
}
