import type { CacheEvent, Charge } from "@llmcache/core";
import type { SemanticDecision, Sum } from "./call.ts";

/** What the cache told of a call while it was answered. A batch has several answers. */
export class CallEvents {
  operation: string | undefined;
  missReason: string | undefined;
  bypassReason: string | undefined;
  notStored: string | undefined;
  source: string | undefined;
  isSemantic = false;
  semantic: SemanticDecision | undefined;
  paid: Sum = { tokens: 0, dollars: 0 };
  saved: Sum = { tokens: 0, dollars: 0 };

  note(event: CacheEvent): void {
    if ("operation" in event) this.operation = event.operation;
    switch (event.type) {
      case "hit":
        this.source = event.source;
        this.isSemantic = event.status === "semantic";
        this.saved = plus(this.saved, event.saved);
        return;
      case "shared":
        this.saved = plus(this.saved, event.saved);
        return;
      case "answered":
        this.paid = plus(this.paid, event.billed);
        return;
      case "miss":
        this.missReason = event.reason;
        return;
      case "bypass":
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

function plus({ tokens, dollars }: Sum, charge: Charge | undefined): Sum {
  if (charge === undefined) return { tokens, dollars };
  return { tokens: tokens + charge.inputTokens + charge.outputTokens, dollars: dollars + (charge.cost ?? 0) };
}
