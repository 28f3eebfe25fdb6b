/**
 * Prompts whose answers were found equal. A group is only ever named by its id: each entry's record says which one it is in, and
 * equal answers stay entries of their own.
 */
export interface Group {
  readonly id: string;
  /** How many prompts are known to be in it. */
  readonly size: number;
  /** How often an answer of the group was compared with the model's own, and agreed or not. */
  readonly agreed: number;
  readonly disagreed: number;
}

/** What is known of an entry besides its answer: kept in one record per entry, in a backend with `swap`, so that processes share it. */
export interface SemanticRecord {
  readonly version: 1;
  readonly group: Group;
  /** The latest observations of the entry as a candidate, oldest first. */
  readonly observations: readonly Observation[];
}

/** One comparison of what would have been served with what the model said. */
export interface Observation {
  /** The score that the decision had. */
  readonly score: number;
  readonly agreed: boolean;
  /** Epoch ms. */
  readonly at: number;
}

/** As many as the threshold's bound looks back on: older ones tell of another stream. */
const mostObservations = 64;

/** The record of an entry that nothing is known of: a group of its own, named by its key. */
export function newRecord(key: string): SemanticRecord {
  return { version: 1, group: { id: key, size: 1, agreed: 0, disagreed: 0 }, observations: [] };
}

/** The record after one more observation. */
export function observe(record: SemanticRecord, observation: Observation): SemanticRecord {
  const { group } = record;
  const { agreed } = observation;
  return {
    ...record,
    group: { ...group, agreed: group.agreed + (agreed ? 1 : 0), disagreed: group.disagreed + (agreed ? 0 : 1) },
    observations: [...record.observations, observation].slice(-mostObservations),
  };
}

/** The record of an entry whose answer was found equal to one of `other`: in that group, which thereby grows. */
export function join(record: SemanticRecord, other: SemanticRecord): SemanticRecord {
  if (record.group.id === other.group.id) return record;
  return { ...record, group: { ...other.group, size: other.group.size + record.group.size } };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** As bytes for a backend, the same for equal records, so that `swap` can compare them. */
export function encodeRecord({ group, observations }: SemanticRecord): Uint8Array {
  const { id, size, agreed, disagreed } = group;
  const flat = observations.map(({ score, agreed: isSame, at }) => [score, isSame ? 1 : 0, at]);
  return encoder.encode(JSON.stringify([1, id, size, agreed, disagreed, flat]));
}

/** Reads what `encodeRecord` wrote; `undefined` for anything else, such as what a later release wrote. */
export function decodeRecord(bytes: Uint8Array): SemanticRecord | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(decoder.decode(bytes));
  } catch {
    return undefined;
  }
  if (!Array.isArray(parsed)) return undefined;
  const [version, id, size, agreed, disagreed, flat] = parsed as unknown[];
  if (version !== 1 || typeof id !== "string" || !Array.isArray(flat)) return undefined;
  if (!isCount(size) || !isCount(agreed) || !isCount(disagreed)) return undefined;
  const observations = flat.flatMap((one: unknown) => readObservation(one) ?? []);
  if (observations.length !== flat.length) return undefined;
  return { version, group: { id, size, agreed, disagreed }, observations };
}

function readObservation(one: unknown): Observation | undefined {
  if (!Array.isArray(one)) return undefined;
  const [score, agreed, at] = one as unknown[];
  if (typeof score !== "number" || typeof at !== "number" || (agreed !== 0 && agreed !== 1)) return undefined;
  return { score, agreed: agreed === 1, at };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
