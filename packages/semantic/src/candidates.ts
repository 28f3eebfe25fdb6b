import { decodeEntry, type Entry, isLlmCacheError, type NearestEntry, type SemanticContext } from "@llmcache/core";
import type { Candidate } from "./decide.ts";
import { analyse } from "./features/analyse.ts";
import { readRecords } from "./records.ts";
import type { Settings } from "./semantic-settings.ts";

/** An entry that was found near, read. */
export interface NearEntry extends NearestEntry {
  readonly entry: Entry;
  readonly prompt: string;
}

/** The entries of what was found near that may be served: sound, of this scope, and fresh. What is damaged is reported. */
export function readNear(
  found: readonly NearestEntry[],
  scope: string,
  source: string,
  { clock, report }: SemanticContext,
): NearEntry[] {
  const near: NearEntry[] = [];
  for (const candidate of found) {
    try {
      const entry = decodeEntry(candidate.value, candidate.key.slice(candidate.key.lastIndexOf("/") + 1));
      const { prompt, scopeDigest, freshUntil } = entry;
      if (prompt !== undefined && scopeDigest === scope && freshUntil > clock())
        near.push({ ...candidate, entry, prompt });
    } catch (error) {
      if (!isLlmCacheError(error)) throw error;
      report({ type: "dropped", backend: source, key: candidate.key, error });
    }
  }
  return near;
}

/** What decides is told of them: what their prompts say, and what was learned of their answers. @throws what the store throws */
export async function toCandidates(
  near: readonly NearEntry[],
  { stateOf, language }: Settings,
  context: SemanticContext,
): Promise<Candidate[]> {
  const { signal, report } = context;
  const state = stateOf(context);
  const keys = near.map(({ key }) => key);
  const records = state && (await readRecords(state, keys, { signal, report }));
  return near.map(({ key, score, prompt }) => ({
    key,
    similarity: score,
    features: analyse(prompt, language),
    group: records?.get(key)?.group,
  }));
}
