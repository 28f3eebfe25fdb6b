/** What a process is to do. */
export interface Task {
  readonly host: string;
  readonly port: number;
  readonly seed: number;
  readonly namespace: string;
}

/** What a process has seen. */
export interface WorkerReport {
  /** Answers that were wrong, waits that were too long, errors that no caller may see: each in a sentence. */
  readonly problems: readonly string[];
  readonly answers: number;
  readonly modelCalls: number;
  readonly hits: number;
  readonly errorEvents: number;
  /** The longest that a caller waited, in ms. */
  readonly longestWaitMs: number;
  /** V8's heap after a collection: a third of the way through, and at the end. */
  readonly heapBytes: { readonly early: number; readonly late: number };
  /** What still holds the process after everything was disposed of. */
  readonly handles: readonly string[];
}

/** What came of it all. */
export interface SoakReport {
  readonly seconds: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly workers: readonly WorkerReport[];
  /** What was wrong in any process, or in the store at the end. */
  readonly problems: readonly string[];
  readonly entries: number;
}

/** A process whose heap grew by more than this kept what it should have let go: the tier in memory holds 4 MB. */
export const mostGrowthBytes: number = 48 * 1024 * 1024;
