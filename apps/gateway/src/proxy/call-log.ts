import { promptOf } from "@llmcache/core";
import type { CallEvents } from "../telemetry/call-events.ts";
import type { CallOutcome } from "../telemetry/call.ts";
import { isHit } from "../telemetry/journal.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { Inquiry } from "./inquiry.ts";

/** How a call came out. */
export interface Ended {
  readonly status: number;
  readonly outcome: CallOutcome;
  readonly key: string | undefined;
  readonly firstByteMs: number;
  readonly broken: boolean;
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
    const { outcome } = ended;
    const { operation, notStored, source, semantic, paid, saved } = events;
    const prompt = this.#showPrompts ? promptIn(operation, json?.params) : undefined;
    this.#telemetry.add({
      ...ended,
      ...{ at: this.#at, path, upstream: route.name, apiKey, model, operation, notStored, source, semantic, prompt },
      ...{ paid, saved, durationMs: this.elapsedMs() },
      reason: outcome === "bypass" ? events.bypassReason : isHit(outcome) ? undefined : events.missReason,
    });
  }
}

function promptIn(operation: string | undefined, params: unknown): string | undefined {
  if (operation === undefined || params === undefined) return undefined;
  return promptOf({ operation, params })?.prompt.slice(0, mostPromptCharacters);
}
