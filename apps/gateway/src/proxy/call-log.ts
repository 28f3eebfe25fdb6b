import { promptOf } from "@llmcache/core";
import type { CallEvents, CallOutcome } from "../telemetry/call.ts";
import { isHit } from "../telemetry/journal.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { Tokens } from "../telemetry/usage.ts";
import type { Inquiry } from "./inquiry.ts";

/** How a call came out. */
export interface Ended {
  readonly status: number;
  readonly outcome: CallOutcome;
  readonly key: string | undefined;
  readonly firstByteMs: number;
  readonly broken: boolean;
  readonly tokens: Tokens | undefined;
}

/** Longer prompts are cut: they are there to tell calls apart. */
const mostPromptCharacters = 200;

/** Writes one call down, from its beginning on. */
export class CallLog {
  readonly #telemetry: Telemetry;
  readonly #showPrompts: boolean;
  readonly #at = Date.now();
  readonly #startedAt = performance.now();

  constructor(telemetry: Telemetry, showPrompts: boolean) {
    this.#telemetry = telemetry;
    this.#showPrompts = showPrompts;
  }

  /** Since the call began. */
  elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  end({ path, route, apiKey, model, json }: Inquiry, events: CallEvents, ended: Ended): void {
    const { outcome, tokens } = ended;
    const isSaved = isHit(outcome) || outcome === "coalesced";
    const { operation, notStored, source, semantic } = events;
    const prompt = this.#showPrompts ? promptIn(operation, json?.params) : undefined;
    this.#telemetry.add({
      ...ended,
      ...{ at: this.#at, path, upstream: route.name, apiKey, model, operation, notStored, source, semantic, prompt },
      reason: outcome === "bypass" ? events.bypassReason : isHit(outcome) ? undefined : events.missReason,
      durationMs: this.elapsedMs(),
      savedTokens: isSaved && tokens !== undefined ? tokens.input + tokens.output : 0,
      savedDollars: isSaved ? this.#telemetry.journal.costOf(model, tokens) : 0,
    });
  }
}

function promptIn(operation: string | undefined, params: unknown): string | undefined {
  if (operation === undefined || params === undefined) return undefined;
  return promptOf({ operation, params })?.prompt.slice(0, mostPromptCharacters);
}
