import { judge } from "./cache-control.ts";
import { untilAborted } from "./deadline.ts";
import type { Engine, Plan } from "./engine.ts";
import type { FlightKind } from "./flight.ts";
import { adaptable, joinable } from "./joinable.ts";
import type { LookUp } from "./look-up.ts";
import type { Request } from "./request.ts";
import type { Visit } from "./slot.ts";
import { tellCallFailed } from "./tell.ts";

/** New answers that are made behind callers who were served stale ones. */
export class Refreshes {
  readonly #engine: Engine;
  /** How to leave each of them: no caller can. */
  readonly #leaves = new Set<(reason?: unknown) => void>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Begins one, unless one is already being made. */
  begin<Result, Served>(
    request: Request,
    kind: FlightKind,
    planOf: () => Plan<Result, Served>,
    visit: Visit,
    found: LookUp,
  ): void {
    if ((joinable(request, kind, visit) ?? adaptable(request, kind, visit)) !== undefined) return;
    const plan = planOf();
    // The answer to a similar question would leave this one as stale as it is.
    const byMeaning = plan.byMeaning === "look-up" ? "learn" : plan.byMeaning;
    const flight = this.#engine.begin(request, { ...plan, byMeaning }, visit.slot, found);
    // It waits as a caller does, so that one who joins and leaves does not abort it.
    const leave = flight.enter();
    this.#leaves.add(leave);
    const failed = (error: unknown) =>
      tellCallFailed(this.#engine.telemetry, error, request.key, "behind a caller who was served a stale answer");
    const drained = untilAborted(flight.drain(), flight.signal).catch(failed);
    const ended = drained.finally(() => {
      leave();
      this.#leaves.delete(leave);
    });
    this.#engine.inBackground(request, ended);
  }

  /** Lets go of all of them: those that nobody has joined are aborted. */
  abandon(): void {
    for (const leave of this.#leaves) leave(new DOMException("the cache was disposed of", "AbortError"));
  }
}

/** Whether a request that was served a stale answer should have a new one made. */
export function wantsRefresh({ controls, settings, writes }: Request, { entry }: LookUp): boolean {
  if (entry === undefined || !writes || controls.onlyIfCached === true) return false;
  return judge(entry, controls, settings.clock()) === "revalidate";
}
