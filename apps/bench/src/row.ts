/** What a competitor is in its row: this project, another one, or the least that any could take. */
export type Role = "ours" | "peer" | "limit";

/** One way to do the work of a row. */
export interface Competitor {
  readonly name: string;
  readonly role: Role;
  /** Does the work and resolves to what it took, in the unit of the row; or to what each piece of it took, of which the row takes its `share`. */
  sample(): Promise<number | readonly number[]>;
  /** Does the work once and resolves to what came of it, which all competitors of a row must agree on. Omitted: nothing comes of it. */
  answer?(): Promise<unknown>;
}

/** What we go for. */
export interface Goal {
  /** The competitor that our figure is divided by. Omitted: our figure itself is meant. */
  readonly against?: string;
  readonly atMost: number;
}

/** The competitors of a row on their data. */
export interface Contest {
  readonly competitors: readonly Competitor[];
  close?(): Promise<void>;
}

/** How much is done. */
export interface Effort {
  /** Some seconds a row, for a look; figures to quote are made without it. */
  readonly quick: boolean;
}

/** One figure of the table, and how it is come by. */
export interface Row {
  /** What `--row` looks for. */
  readonly name: string;
  readonly title: string;
  readonly unit: "µs" | "ms" | "bytes" | "calls";
  /** The competitor whose figure is 1. */
  readonly baseline: string;
  readonly goals: readonly Goal[];
  /** Whether only `--large` or its name brings it into a run: it takes minutes and gigabytes. */
  readonly large?: boolean;
  /** Whether a round that does not count goes before the others. @default true: only fresh processes have nothing to warm up */
  readonly warmUp?: boolean;
  /** Which of the times of a sample counts: the one that this share of them is below. Omitted: a sample is one number. */
  readonly share?: number;
  rounds(effort: Effort): number;
  /** Rows that follow each other and have the same `open` are measured on the same contest. `tell` is for what takes long. */
  open(effort: Effort, tell: (progress: string) => void): Promise<Contest>;
}
