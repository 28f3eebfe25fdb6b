/** Names past so many are counted together: a store may have a scope for each of a million users. */
const mostNames = 10_000;

interface Count {
  readonly entries: number;
  readonly bytes: number;
}

/** One line of a histogram. */
export interface HistogramRow extends Count {
  readonly name: string;
}

/** The upper end of a class of numbers, and what the class is called. */
type Limit = readonly [below: number, name: string];

/** How many entries there are of each name, and how many bytes they take. */
export class Histogram {
  readonly #counts = new Map<string, Count>();
  readonly #limits: readonly Limit[];

  /** @param limits the classes, in their order, of what is a number and no name */
  constructor(limits: readonly Limit[] = []) {
    this.#limits = limits;
  }

  add(name: string, bytes: number): void {
    const counted = this.#counts.has(name) || this.#counts.size < mostNames ? name : others;
    const { entries, bytes: sum } = this.#counts.get(counted) ?? { entries: 0, bytes: 0 };
    this.#counts.set(counted, { entries: entries + 1, bytes: sum + bytes });
  }

  addNumber(number: number, bytes: number): void {
    const [, name = others] = this.#limits.find(([below]) => number < below) ?? [];
    this.add(name, bytes);
  }

  /** The classes in their order, or the names with most entries first and those past `most` as one. */
  rows(most: number = Infinity): HistogramRow[] {
    const rows = [...this.#counts].map(([name, count]) => ({ name, ...count }));
    const order = this.#limits.map(([, name]) => name);
    if (order.length > 0) return rows.toSorted((one, other) => order.indexOf(one.name) - order.indexOf(other.name));
    const sorted = rows.toSorted((one, other) => other.entries - one.entries || (one.name < other.name ? -1 : 1));
    if (sorted.length <= most) return sorted;
    const rest = sorted.slice(most - 1);
    const sum = (field: keyof Count) => rest.reduce((total, row) => total + row[field], 0);
    const name = `(${rest.length} others)`;
    return [...sorted.slice(0, most - 1), { name, entries: sum("entries"), bytes: sum("bytes") }];
  }
}

const others = "(others)";
