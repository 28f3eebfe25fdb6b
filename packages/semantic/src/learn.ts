import {
  decodeEntry,
  type Learned,
  type PutOptions,
  type SemanticContext,
  type SemanticQuestion,
} from "@llmcache/core";
import type { NearEntry } from "./candidates.ts";
import { observe, type SemanticRecord } from "./groups.ts";
import { changeRecord, recordKeyOf } from "./records.ts";
import type { Settings } from "./semantic-settings.ts";
import type { ShadowLog } from "./shadow-log.ts";

/** A question between its look-up and the answer that the model gave after all. */
export interface Exchange {
  readonly settings: Settings;
  readonly log: ShadowLog;
  readonly question: SemanticQuestion;
  readonly embedding: NonNullable<PutOptions["embedding"]>;
  /** The entry whose answer the model's is compared with: that which would have been served, or the nearest. */
  compared?: Compared | undefined;
}

export interface Compared {
  readonly neighbour: NearEntry;
  readonly certainty: number;
  /** Whether certainty alone could have kept it from being served: only then does it speak against it that its answer is another. */
  readonly isEligible: boolean;
}

/** Makes an answer findable by meaning, and learns from it what its neighbour's answer was worth. */
export async function learnAnswer(
  { settings, log, question, embedding, compared }: Exchange,
  { key, value, expiresAt, stored }: Learned,
  context: SemanticContext,
): Promise<void> {
  const { clock, signal, report } = context;
  const options = { signal, report };
  if (settings.backend !== undefined) await settings.backend.put(key, value, { ...options, expiresAt, embedding });
  else if (!stored) return;
  const { neighbour, certainty = 0, isEligible = false } = compared?.neighbour.key === key ? {} : (compared ?? {});
  const agreed =
    neighbour &&
    (await settings.judge({ fresh: question.answerOf(value), stored: question.answerOf(neighbour.value) }, { signal }));
  signal.throwIfAborted();
  const observation = isEligible && agreed !== undefined ? { score: certainty, agreed, at: clock() } : undefined;
  if (observation !== undefined) log.observe(observation);
  const state = settings.stateOf(context);
  if (state === undefined) return;
  const change = (record: SemanticRecord) => {
    const observed = observation === undefined ? record : observe(record, observation);
    return agreed === true ? grown(observed, neighbour?.key) : observed;
  };
  const isTold = neighbour !== undefined && (agreed === true || observation !== undefined);
  const seen = isTold && (await changeRecord(state, neighbour.key, neighbour.entry.staleUntil, change, options));
  // What was known of an earlier answer to the same question is not known of this one.
  if (seen && agreed) await changeRecord(state, key, expiresAt, () => ({ ...seen, observations: [] }), options);
  else await state.delete(recordKeyOf(key), options);
}

/** Learns whether the answer of an entry that was served was right. */
export async function learnFeedback(
  settings: Settings,
  key: string,
  ok: boolean,
  context: SemanticContext,
): Promise<void> {
  const { signal, report } = context;
  const options = { signal, report };
  const state = settings.stateOf(context);
  const value = state && (await settings.storeOf(context).get(key, options));
  if (state === undefined || value === undefined) return;
  const { staleUntil } = decodeEntry(value);
  const change = (record: SemanticRecord): SemanticRecord => {
    const { group } = record;
    return {
      ...record,
      group: { ...group, agreed: group.agreed + (ok ? 1 : 0), disagreed: group.disagreed + (ok ? 0 : 1) },
    };
  };
  await changeRecord(state, key, staleUntil, change, options);
}

/**
 * The record in a group of one more. The id of a group of two or more is no entry's key, because that entry may be given another answer, and is
 * then a group of its own again.
 */
function grown(record: SemanticRecord, key: string | undefined): SemanticRecord {
  const { id, size } = record.group;
  return { ...record, group: { ...record.group, id: id === key ? crypto.randomUUID() : id, size: size + 1 } };
}
