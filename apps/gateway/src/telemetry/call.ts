import type { CacheEvent } from "@llmcache/core";
import type { Tokens } from "./usage.ts";

/** How a request was answered. `partial`: some parts of a batch were stored. `none`: the cache had no part in it. */
export type CallOutcome = "hit" | "stale" | "semantic" | "miss" | "partial" | "coalesced" | "bypass" | "none";

/** What a semantic tier decided on a call. */
export interface SemanticDecision {
  readonly decision: string;
  /** Everything else that the tier says: scores, guards. Never the wording of a prompt. */
  readonly why: Readonly<Record<string, unknown>>;
  readonly similarity?: number | undefined;
  /** The entry that was found. */
  readonly match?: string | undefined;
  /** Why the cache did not serve it. */
  readonly refused?: string | undefined;
}

/** One request that went through the gateway, as the dashboard shows it. */
export interface CallRecord {
  readonly id: number;
  /** Epoch ms. */
  readonly at: number;
  readonly path: string;
  readonly upstream: string;
  readonly apiKey?: string | undefined;
  readonly model?: string | undefined;
  readonly operation?: string | undefined;
  readonly status: number;
  readonly outcome: CallOutcome;
  /** Why it was a miss, or went past the cache. */
  readonly reason?: string | undefined;
  /** Why its answer was not stored. */
  readonly notStored?: string | undefined;
  readonly key?: string | undefined;
  readonly source?: string | undefined;
  readonly firstByteMs: number;
  readonly durationMs: number;
  /** Whether the client left before the end, or the upstream broke off. */
  readonly broken: boolean;
  readonly tokens?: Tokens | undefined;
  readonly savedTokens: number;
  readonly savedDollars: number;
  readonly semantic?: SemanticDecision | undefined;
  /** Only where the configuration says so. */
  readonly prompt?: string | undefined;
}

/** What the cache told of a call while it was answered. */
export class CallEvents {
  operation: string | undefined;
  missReason: string | undefined;
  bypassReason: string | undefined;
  notStored: string | undefined;
  source: string | undefined;
  similarity: number | undefined;
  semantic: SemanticDecision | undefined;

  note(event: CacheEvent): void {
    switch (event.type) {
      case "hit":
        this.operation = event.operation;
        this.source = event.source;
        this.similarity = event.match?.score ?? this.similarity;
        return;
      case "miss":
        this.operation = event.operation;
        this.missReason = event.reason;
        return;
      case "coalesced":
        this.operation = event.operation;
        return;
      case "bypass":
        this.operation = event.operation;
        this.bypassReason = event.detail ?? event.reason;
        return;
      case "rejected":
        this.notStored = event.reason;
        return;
      case "semantic":
        this.semantic = {
          decision: event.why.decision,
          why: event.why,
          ...(event.match !== undefined && { similarity: event.match.score, match: event.match.key }),
          ...(event.refused !== undefined && { refused: event.refused }),
        };
        return;
      default:
    }
  }
}
