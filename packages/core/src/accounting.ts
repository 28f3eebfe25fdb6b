import { LlmCacheError } from "./errors.ts";
import type { Status } from "./event.ts";
import type { Call } from "./key.ts";
import { costOf } from "./prices.ts";
import type { Standing } from "./standing.ts";
import type { Request } from "./request.ts";
import { checkUsage, type Usage } from "./usage.ts";

/** What was paid for, or was not. */
export interface Charge {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** In the currency of the cache's `prices`. `undefined` where they do not say. */
  readonly cost?: number | undefined;
}

/** What an answer cost when it was made, and who pays for it: of `billed` and `saved` one is all of it, the other nothing. */
export interface Accounting {
  readonly usage: Usage;
  /** What this call was charged: nothing for a stored answer, nor for one that another call's caller pays for. */
  readonly billed: Charge;
  readonly saved: Charge;
}

const nothing: Charge = Object.freeze({ inputTokens: 0, outputTokens: 0, cost: 0 });

/** What of a request decides on what its answer costs. */
type Priced = Pick<Request, "settings" | "call" | "controls">;

/** What an answer used, by the call, then by the cache. @throws {LlmCacheError} `WRONG_USAGE` where that cannot be said */
export function usageOf({ settings, call, controls }: Priced, answer: unknown): Usage | undefined {
  try {
    const said = controls.usageOf?.(answer as never, call) ?? settings.options.usageOf?.(answer, call);
    if (said === undefined) return undefined;
    const usage = checkUsage(said);
    return usage.model === undefined ? checkUsage({ ...usage, model: modelOf(call) }) : usage;
  } catch (cause) {
    const why = cause instanceof TypeError ? cause.message : "usageOf threw";
    throw new LlmCacheError("WRONG_USAGE", `what the answer used cannot be said: ${why}`);
  }
}

/** Of an answer whose usage is known: who pays for it. */
export interface Paid {
  readonly accounting?: Accounting | undefined;
}

const unknown: Paid = Object.freeze({});

/** Who pays for an answer, by the prices of now. */
export function accounted(request: Priced, status: Status, usage: Usage | undefined): Paid {
  if (usage === undefined) return unknown;
  const charge = chargeFor(usage, request);
  const isBilled = status === "miss" || status === "bypass";
  return { accounting: { usage, billed: isBilled ? charge : nothing, saved: isBilled ? nothing : charge } };
}

/** What a caller is told of who pays. */
export function paidIn({ accounting }: Standing): Paid {
  return accounting === undefined ? unknown : { accounting };
}

/** What an event tells of an answer that its caller was not charged for. */
export function savedIn({ accounting }: Paid): { readonly usage?: Usage; readonly saved?: Charge } {
  return accounting === undefined ? {} : { usage: accounting.usage, saved: accounting.saved };
}

function chargeFor(usage: Usage, { settings, call }: Priced): Charge {
  const { inputTokens, outputTokens } = usage;
  const { prices } = settings.options;
  const cost = prices && costOf(usage, prices, modelOf(call));
  return cost === undefined ? { inputTokens, outputTokens } : { inputTokens, outputTokens, cost };
}

function modelOf({ params }: Call): string | undefined {
  const model = (params as { readonly model?: unknown } | undefined)?.model;
  return typeof model === "string" ? model : undefined;
}
