import { awaitTurn } from "./await-turn.ts";
import { untilAborted } from "./deadline.ts";
import type { Engine, Plan } from "./engine.ts";
import type { Adopted, Flight } from "./flight.ts";
import type { Lease } from "./lease.ts";
import type { LookUp } from "./look-up.ts";
import type { Request } from "./request.ts";
import type { Meaning } from "./semantic-look-up.ts";
import type { Slot } from "./slot.ts";
import { storeAnswer } from "./store-answer.ts";

/** What a flight sets out with. */
export interface Departure<Result, Served> {
  readonly request: Request;
  readonly plan: Plan<Result, Served>;
  readonly slot: Slot;
  readonly flight: Flight<Result>;
  /** What the look-up before it found. */
  readonly found: LookUp;
  /** What the semantic tier is asked, if it is. Never rejects. */
  readonly meaning: Promise<Meaning<Served> | undefined> | undefined;
  /** Called when it is clear whether the answer to a similar question is served; not at all where none is looked for. */
  readonly decided: ((byMeaning: boolean) => void) | undefined;
  /** Called when nothing more comes of the flight. */
  readonly end: (stored: boolean) => void;
}

/**
 * What a flight does: looks for the answer to a similar question, waits for the right to make the answer, calls the model and stores what it says.
 * Resolves to nothing where it found a stored answer, which it then has `adopted`.
 */
export async function makeAnswer<Result, Served>(
  departure: Departure<Result, Served>,
  engine: Engine,
): Promise<Result | undefined> {
  const { request, flight, meaning, decided, end } = departure;
  try {
    if (meaning === undefined || decided === undefined) return await callModel(departure, flight.signal, engine);
    const similar = meaning.then((known) => known?.hit);
    if (request.store.semantic?.race === true) {
      const call = (signal: AbortSignal) => callModel(departure, signal, engine);
      return await raced(similar, (found) => adopt(departure, found), call, flight.signal);
    }
    const found = await similar;
    if (found !== undefined) return adopt(departure, found);
    flight.signal.throwIfAborted();
    decided(false);
    return await callModel(departure, flight.signal, engine);
  } catch (error) {
    end(false);
    throw error;
  } finally {
    decided?.(false);
  }
}

async function callModel<Result, Served>(
  departure: Departure<Result, Served>,
  signal: AbortSignal,
  engine: Engine,
): Promise<Result | undefined> {
  const { request, plan, slot, flight, found, meaning, end } = departure;
  let lease: Lease | undefined;
  try {
    const generations = await engine.generations(request, found);
    const grant = flight.plan.leased ? await awaitTurn(request, plan.open, signal, engine) : undefined;
    if (grant !== undefined && "entry" in grant) {
      if (flight.adopted === undefined) flight.freshness = grant.entry;
      return adopt(departure, grant);
    }
    lease = grant?.lease;
    signal.throwIfAborted();
    const work = plan.work(signal, (landing) => {
      // Too late: a stored answer was there first.
      if (flight.adopted !== undefined) return;
      flight.land(slot.tick(), landing);
      const storing = storeAnswer(
        { request, slot, flight, landing, generations, foundReason: found.reason, lease, meaning },
        engine,
      );
      const ended = storing.then(async (stored) => {
        await lease?.release(stored ? "stored" : "not-stored");
        end(stored);
      });
      engine.inBackground(request, ended);
    });
    // When everyone has left, a model that does not heed the abort is nobody's concern.
    return await untilAborted(work, signal);
  } catch (error) {
    if (lease !== undefined) engine.inBackground(request, lease.release("failed"));
    throw error;
  }
}

/** Ends a flight with a stored answer. */
function adopt(
  { flight, decided, end }: Pick<Departure<unknown, unknown>, "flight" | "decided" | "end">,
  adopted: Adopted,
): undefined {
  flight.adopted ??= adopted;
  decided?.(adopted.match !== undefined);
  end(true);
}

/**
 * Uses what is found or gives what is made, whichever is there first; the making is aborted once something is found. That nothing is found, or
 * that the making fails, leaves it to the other. @throws what `make` throws
 */
async function raced<Found, Made>(
  look: Promise<Found | undefined>,
  use: (found: Found) => undefined,
  make: (signal: AbortSignal) => Promise<Made>,
  signal: AbortSignal,
): Promise<Made | undefined> {
  const controller = new AbortController();
  const looking = look.then((found) => (found === undefined ? undefined : { found }));
  const making = make(AbortSignal.any([signal, controller.signal])).then(
    (made) => ({ made }),
    (error: unknown) => ({ error }),
  );
  const first = (await Promise.race([looking, making])) ?? (await making);
  const answer = "error" in first ? ((await looking) ?? first) : first;
  if ("error" in answer) throw answer.error;
  if ("made" in answer) return answer.made;
  use(answer.found);
  controller.abort(new DOMException("the answer to a similar question was there first", "AbortError"));
  return undefined;
}
