import { withDeadline } from "./deadline.ts";
import type { Engine } from "./engine.ts";
import { classOf, isLlmCacheError, LlmCacheError } from "./errors.ts";
import { wrapBackendError } from "./look-up.ts";
import type { Request } from "./request.ts";
import type { Meaning } from "./semantic-look-up.ts";
import type { SemanticContext, SemanticTier } from "./semantic-tier.ts";
import type { Settings } from "./settings.ts";
import type { Store } from "./store.ts";
import type { Telemetry } from "./telemetry.ts";

/** Where what happens behind a caller goes. */
export type Surroundings = Pick<Engine, "telemetry" | "inBackground">;

/** Hands an answer that was stored on to the tier that was asked about it, in the turn of its key; not if it is `outdated` by then. */
export function learnBehind(
  request: Request,
  { match }: Meaning<unknown>,
  entry: { readonly value: Uint8Array; readonly expiresAt?: number | undefined; readonly stored: boolean },
  outdated: () => boolean,
  around: Surroundings,
): void {
  const { store, key } = request;
  const tier = store.semantic;
  if (tier === undefined || match?.learn === undefined) return;
  const learning = store.writer.work(key, async (givenUp) => {
    if (outdated()) return;
    const deadline = { ms: mostMsToLearn, backend: tier.name, operation: "learn", key, inBackground: true };
    try {
      await withDeadline(deadline, undefined, async (late) => {
        const context = contextOf(store, request.settings, around.telemetry, AbortSignal.any([late, givenUp]));
        await match.learn?.({ key, ...entry }, context);
      });
    } catch (error) {
      if (!givenUp.aborted) around.telemetry.error(tierError(error, tier, "learn", key));
    }
  });
  around.inBackground(request, learning);
}

/** Something that the tier does and whose failure its caller must know. */
export interface SemanticWork {
  readonly operation: "forget" | "clear" | "feedback" | "ping";
  readonly key?: string;
  readonly work: (tier: SemanticTier, context: SemanticContext) => Promise<void>;
}

/** @throws {LlmCacheError} when the tier fails, or does not answer in time */
export async function strictSemanticWork(
  store: Store,
  settings: Settings,
  telemetry: Telemetry,
  { operation, key, work }: SemanticWork,
): Promise<void> {
  const tier = store.semantic;
  if (tier === undefined) return;
  const ms = operation === "clear" ? Infinity : mostMsToForget;
  try {
    await store.use(() =>
      withDeadline({ ms, backend: tier.name, operation, key }, undefined, async (signal) =>
        work(tier, contextOf(store, settings, telemetry, signal)),
      ),
    );
  } catch (error) {
    throw tierError(error, tier, operation, key);
  }
}

/** Removes what a tier keeps of an entry, behind a caller. */
export function forgetBehind(key: string, request: Request, around: Surroundings): void {
  const { store, settings } = request;
  if (!settings.writes) return;
  const work = {
    operation: "forget",
    key,
    work: (tier: SemanticTier, context: SemanticContext) => tier.forget(key, context),
  } as const;
  const forgetting = strictSemanticWork(store, settings, around.telemetry, work).catch(around.telemetry.error);
  around.inBackground(request, forgetting);
}

/** Long enough for a judge that is itself a model. */
const mostMsToLearn = 30_000;

/** As long as the guard of a backend gives a removal. How much there is to clear nobody knows. */
const mostMsToForget = 5_000;

export function contextOf(
  store: Store,
  { clock }: Settings,
  { report }: Telemetry,
  signal: AbortSignal,
): SemanticContext {
  return { backend: store.backend, clock, signal, report };
}

/** Names a foreign error's class only: its message may quote the prompt. */
export function tierError(
  error: unknown,
  { name }: SemanticTier,
  operation: string,
  key: string | undefined,
): LlmCacheError {
  const where = { backend: name, operation, key };
  if (isLlmCacheError(error)) return wrapBackendError(error, where);
  return new LlmCacheError("BACKEND_FAILED", `${name} failed in ${operation} (${classOf(error)})`, where);
}
