import { accounted, type Paid, savedIn } from "./accounting.ts";
import { classOf, LlmCacheError } from "./errors.ts";
import type { Standing } from "./standing.ts";
import type { MissReason, Status } from "./event.ts";
import type { Request } from "./request.ts";
import type { Telemetry } from "./telemetry.ts";
import type { Usage } from "./usage.ts";

/** How a request is answered by what is stored. */
export interface StandingHit extends Standing {
  readonly status: "hit" | "stale" | "semantic";
  readonly source: string;
}

export function tellHit(telemetry: Telemetry, request: Request, standing: StandingHit): void {
  const { status, source, age, match } = standing;
  const matched = match === undefined ? undefined : { match };
  telemetry.emit({ type: "hit", status, ...about(request), source, age, ...matched, ...savedIn(standing) });
}

export function tellMiss(telemetry: Telemetry, request: Request, reason: MissReason): void {
  telemetry.emit({ type: "miss", ...about(request), reason });
}

/** Tells that a request waits for the answer of another. */
export function tellCoalesced(telemetry: Telemetry, { call, key }: Request): void {
  telemetry.emit({ type: "coalesced", operation: call.operation, key });
}

/** Tells of a request that waited for an answer that it has it. Returns who pays for it. */
export function tellShared(telemetry: Telemetry, request: Request, status: Status, usage: Usage | undefined): Paid {
  const paid = accounted(request, status, usage);
  if (status === "coalesced") telemetry.emit({ type: "shared", ...about(request), ...savedIn(paid) });
  return paid;
}

/** Tells that the model failed where its caller is not told. Names the error's class only: its message may quote the prompt. */
export function tellCallFailed(telemetry: Telemetry, error: unknown, key: string, circumstance: string): void {
  telemetry.error(
    new LlmCacheError("CALL_FAILED", `the model call failed (${classOf(error)}): ${circumstance}`, { key }),
  );
}

function about({ call, key, startedAt }: Request): {
  readonly operation: string;
  readonly key: string;
  readonly durationMs: number;
} {
  return { operation: call.operation, key, durationMs: performance.now() - startedAt };
}
