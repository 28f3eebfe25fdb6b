import { costOf } from "./prices.ts";

/** A call that was answered. */
export interface AnsweredCall {
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly milliseconds: number;
  /** Whether the model was asked, so that the tokens cost money. */
  readonly paid: boolean;
  /** The cache's key, by which a hit is set beside the call that it saved. */
  readonly key: string | undefined;
}

/** What all calls together needed and saved. */
export interface Totals {
  readonly calls: number;
  readonly paidCalls: number;
  readonly paidTokens: number;
  readonly savedTokens: number;
  readonly paidCost: number;
  readonly savedCost: number;
  /** How much longer the callers would have waited, had the model answered each as slowly as it did the first time. */
  readonly savedMilliseconds: number;
}

/** Adds up calls. */
export interface Ledger {
  /** Adds a call, and gives what it saved in dollars. */
  add(call: AnsweredCall): number;
  totals(): Totals;
}

/** An empty ledger. */
export function openLedger(): Ledger {
  const totals = {
    calls: 0,
    paidCalls: 0,
    paidTokens: 0,
    savedTokens: 0,
    paidCost: 0,
    savedCost: 0,
    savedMilliseconds: 0,
  };
  const firstMilliseconds = new Map<string | undefined, number>();
  return {
    add(call) {
      const tokens = call.inputTokens + call.outputTokens;
      const cost = costOf(call.model, call);
      totals.calls++;
      if (call.paid) {
        totals.paidCalls++;
        totals.paidTokens += tokens;
        totals.paidCost += cost;
        firstMilliseconds.set(call.key, call.milliseconds);
        return 0;
      }
      totals.savedTokens += tokens;
      totals.savedCost += cost;
      totals.savedMilliseconds += Math.max(0, (firstMilliseconds.get(call.key) ?? 0) - call.milliseconds);
      return cost;
    },
    totals: () => ({ ...totals }),
  };
}
