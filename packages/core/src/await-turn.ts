import { judge } from "./cache-control.ts";
import type { Engine, Plan } from "./engine.ts";
import type { Adopted } from "./flight.ts";
import { leaseKeyOf } from "./key-segment.ts";
import { acquireLease, type Lease, type LeaseContext } from "./lease.ts";
import { wrapBackendError } from "./look-up.ts";
import type { Request } from "./request.ts";
import type { Telemetry } from "./telemetry.ts";

/**
 * Among processes: waits for the right to make an answer. Resolves to that right, or to the answer that another process made meanwhile, or
 * to nothing where the store grants no right in time.
 *
 * @throws only the reason of `signal`
 */
export async function awaitTurn<Served>(
  request: Request,
  open: Plan<unknown, Served>["open"],
  signal: AbortSignal,
  engine: Pick<Engine, "lookUpOne" | "inBackground" | "telemetry">,
): Promise<{ readonly lease: Lease } | Adopted<Served> | undefined> {
  const { store, settings, controls, key } = request;
  const made = async (): Promise<Adopted<Served> | undefined> => {
    const { entry, source = store.backend.name } = await engine.lookUpOne(request);
    if (entry === undefined || judge(entry, controls, settings.clock()) !== "fresh") return undefined;
    const opened = open(entry.content);
    return "miss" in opened ? undefined : { served: opened.served, entry, source };
  };
  const context = leaseContext(request, engine.telemetry);
  try {
    const grant = await acquireLease(context, leaseKeyOf(key), signal, store.onRelease(key));
    if (!("lease" in grant)) return grant.outcome === "stored" ? await made() : undefined;
    // Between our look-up and the lease another process may have made the answer.
    const found = await made();
    if (found === undefined) return grant;
    engine.inBackground(request, grant.lease.release("stored"));
    return found;
  } catch (error) {
    signal.throwIfAborted();
    context.onError(error);
    return undefined;
  }
}

function leaseContext({ store, settings, key }: Request, telemetry: Telemetry): LeaseContext {
  const where = { backend: store.backend.name, operation: "lease", key };
  return {
    backend: store.backend,
    durationMs: settings.leaseMs,
    timeoutMs: settings.readTimeoutMs,
    clock: settings.clock,
    options: { report: telemetry.report },
    onError: (error) => telemetry.error(wrapBackendError(error, where)),
    onRelease: () => store.tell({ type: "released", key }),
  };
}
