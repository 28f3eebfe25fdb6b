export type {
  Backend,
  BackendEvent,
  NearestEntry,
  OperationOptions,
  PutEntry,
  PutOptions,
  SemanticBackend,
} from "./backend.ts";
export type { Accounting, Charge } from "./accounting.ts";
export { isLlmCacheError, LlmCacheError } from "./errors.ts";
export type { LlmCacheErrorCode, LlmCacheErrorOptions } from "./errors.ts";
export { localBus } from "./bus.ts";
export type { Bus, BusMessage, BusNotice } from "./bus.ts";
export { clampControls, controlNames, parseCacheControl } from "./cache-control.ts";
export type { CacheControls, ClampedControls, ControlPolicy } from "./cache-control.ts";
export { Cache } from "./cache.ts";
export type { BatchOfCalls, Outcome, OutcomeInfo, StreamOutcome } from "./cache.ts";
export { cassette } from "./cassette.ts";
export type { CassetteOptions } from "./cassette.ts";
export { compressed } from "./compressed.ts";
export type { CompressedOptions } from "./compressed.ts";
export { contentKind, decodeContent, decodeRecording, encodeContent, encodeRecording } from "./content.ts";
export type { Content, ContentKind, RecordedChunk } from "./content.ts";
export { untilAborted } from "./deadline.ts";
export { decorate } from "./decorate.ts";
export type { Decorated, Overrides } from "./decorate.ts";
export { describeType } from "./describe-type.ts";
export { parsePositiveDuration } from "./duration.ts";
export type { Duration } from "./duration.ts";
export { encrypted } from "./encrypted.ts";
export type { EncryptedOptions, EncryptionKey } from "./encrypted.ts";
export { decodeEntry, encodeEntry } from "./entry.ts";
export type { Entry, EntryMetadata } from "./entry.ts";
export type {
  BypassReason,
  CacheEvent,
  CacheStats,
  MatchInfo,
  MatchRefusal,
  MissReason,
  RejectReason,
  Status,
} from "./event.ts";
export type { Explanation, SemanticExplanation } from "./explain.ts";
export { explainKey } from "./explain-key.ts";
export type { KeyDifference } from "./explain-key.ts";
export { entryVersion, frameBytes, readFrame } from "./frame.ts";
export type { Frame } from "./frame.ts";
export { sha256 } from "./hash.ts";
export { guarded } from "./guarded.ts";
export type { BreakerOptions } from "./breaker.ts";
export type { GuardOptions } from "./guarded.ts";
export { deriveKey } from "./key.ts";
export type { Call, DerivedKey, KeyPlace, KeyRules, Wording } from "./key.ts";
export { encodeSegment, unscopedSegment } from "./key-segment.ts";
export { memory } from "./memory.ts";
export type { MemoryBackend, MemoryOptions } from "./memory.ts";
export { mirrored } from "./mirrored.ts";
export type { MirroredOptions } from "./mirrored.ts";
export { checkOptions, checkOptionTypes, positiveInteger } from "./options.ts";
export type { OptionType } from "./options.ts";
export { parsePrices } from "./parse-prices.ts";
export { prefixed } from "./prefixed.ts";
export type { ModelPrices, PriceTable, Rates, SpecialRates } from "./prices.ts";
export { promptOf } from "./prompt.ts";
export type { PromptParts } from "./prompt.ts";
export { readOnly } from "./read-only.ts";
export { searchesUnasked } from "./searching-model.ts";
export type { AnswerStream, StreamSource } from "./recording.ts";
export type { Factory, RunOptions } from "./request.ts";
export type { BatchFactory } from "./run-many.ts";
export type {
  FoundByMeaning,
  Learned,
  SemanticContext,
  SemanticMatch,
  SemanticQuestion,
  SemanticTier,
  SemanticWhy,
} from "./semantic-tier.ts";
export type { CacheMode, CacheOptions } from "./settings.ts";
export { Sieve } from "./sieve.ts";
export type { Sifted } from "./sieve.ts";
export { tiered } from "./tiered.ts";
export type { Tier, TieredOptions } from "./tiered.ts";
export type { Usage } from "./usage.ts";
export { unitVector, vectorSpaceName } from "./vector-space.ts";
