import { decodeEntry } from "./entry.ts";
import { isLlmCacheError, LlmCacheError } from "./errors.ts";
import { explainKey } from "./explain-key.ts";
import { type Call, keyPrefix } from "./key.ts";
import type { Request } from "./request.ts";

/** How many recordings are compared at the most: enough for the tapes of a test suite. */
const mostCompared = 1000;

/** How many differences the message names. */
const mostNamed = 8;

/** What `work` gives; in `replay` a miss is told with the recording that is nearest. @throws {LlmCacheError} `REPLAY_MISS`, and what `work` throws */
export async function orReplayMiss<Result>(requests: readonly Request[], work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    const isMiss = isLlmCacheError(error) && error.code === "CACHE_MISS";
    const missed = isMiss
      ? requests.find(({ key, settings }) => settings.mode === "replay" && key === error.key)
      : undefined;
    throw missed === undefined ? error : await replayMiss(missed);
  }
}

/**
 * What a call is told that no recording answers: which recorded call of its scope is nearest, and in which parameters it differs. Names
 * parameters, never values. Knows only calls that were recorded with `storeCalls`, in a store that can list its keys.
 */
async function replayMiss(request: Request): Promise<LlmCacheError> {
  const { call, key } = request;
  const nearest = await nearestRecording(request).catch(() => undefined);
  const about =
    nearest === undefined
      ? "and no recorded call is known to compare it with: were they recorded with storeCalls?"
      : `the nearest is ${nearest.key}, which differs in ${nameAll(nearest.paths)}`;
  return new LlmCacheError("REPLAY_MISS", `no recording answers this ${call.operation} call, ${about}`, { key });
}

interface Recording {
  readonly key: string;
  readonly paths: readonly string[];
}

async function nearestRecording(request: Request): Promise<Recording | undefined> {
  const { store, controls, call, settings } = request;
  let nearest: Recording | undefined;
  let compared = 0;
  for await (const key of store.backend.list?.(await keyPrefix(controls)) ?? []) {
    if (compared++ === mostCompared) break;
    const recorded = await recordedCall(request, key);
    if (recorded?.operation !== call.operation) continue;
    const paths = (await explainKey(recorded, call, settings.options)).map(({ path }) => path);
    if (nearest === undefined || paths.length < nearest.paths.length) nearest = { key, paths };
  }
  return nearest;
}

async function recordedCall({ store }: Request, key: string): Promise<Call | undefined> {
  const bytes = await store.backend.get(key);
  try {
    return bytes && decodeEntry(bytes).call;
  } catch {
    // One of core's own records, or an entry that cannot be read: nothing to compare with.
    return undefined;
  }
}

function nameAll(paths: readonly string[]): string {
  const named = paths.slice(0, mostNamed).join(", ");
  return paths.length > mostNamed ? `${named} and ${paths.length - mostNamed} more` : named;
}
