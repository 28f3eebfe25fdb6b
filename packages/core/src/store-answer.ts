import { expiryOf } from "./backend.ts";
import { type Freshness, freshnessFor } from "./cache-control.ts";
import type { Engine, Landing } from "./engine.ts";
import { isJson } from "./content.ts";
import { decodeEntry, encodeEntry } from "./entry.ts";
import { isLlmCacheError } from "./errors.ts";
import type { MissReason, RejectReason } from "./event.ts";
import type { Flight } from "./flight.ts";
import type { Call } from "./key.ts";
import type { Lease } from "./lease.ts";
import type { Meaning } from "./semantic-look-up.ts";
import { learnBehind } from "./semantic-work.ts";
import { type Generations, wrapBackendError } from "./look-up.ts";
import type { Request } from "./request.ts";
import type { CacheOptions } from "./settings.ts";
import type { Slot } from "./slot.ts";

/** An answer that has come, and what decides whether it may be stored. */
export interface Arrival {
  readonly request: Request;
  readonly slot: Slot;
  readonly flight: Flight;
  /** `undefined`: there is none that is complete. */
  readonly landing: Landing | undefined;
  /** What the answer remembers of its tags. `undefined`: they could not be had. */
  readonly generations: Generations | undefined;
  /** Why the look-up before it found nothing. */
  readonly foundReason: MissReason;
  /** The right to make the answer, where that is asked for among processes. */
  readonly lease: Lease | undefined;
  /** What the semantic tier was asked for it, if it was. Never rejects. */
  readonly meaning: Promise<Meaning<unknown> | undefined> | undefined;
}

/** Stores an answer if it may be. Resolves to whether it was; every other outcome is an event. Never rejects. */
export async function storeAnswer(
  arrival: Arrival,
  engine: Pick<Engine, "telemetry" | "inBackground">,
): Promise<boolean> {
  const { request, slot, flight, landing, generations, foundReason, lease } = arrival;
  const { telemetry } = engine;
  const { store, key, digest, tagKeys, call } = request;
  const { operation } = call;
  // The answer ages from now on, however long it takes to be stored.
  const now = request.settings.clock();
  const reject = (reason: RejectReason, detail?: string) => {
    telemetry.emit({ type: "rejected", operation, key, reason, ...(detail !== undefined && { detail }) });
    return false;
  };
  if (landing === undefined || flight.signal.aborted) return reject("incomplete");
  if (store.closed) return reject("closed");
  if (!request.writes) return reject("no-store");
  if (landing.content === undefined) return reject("no-content", landing.detail);
  if (foundReason === "unreadable") return reject("unreadable");
  if (generations === undefined) return reject("no-generation");

  // Both see the answer before its caller does, who may change it.
  const admitted = admits(request, landing.answer);
  const freshness = lifeOf(request, landing.answer, now);
  if (foundReason === "not-read" && (await isUnreadable(request))) return reject("unreadable");
  if (freshness === undefined) return reject("no-ttl");
  if (!(typeof admitted === "boolean" ? admitted : await admitted)) return reject("not-admitted");
  flight.freshness = freshness;

  const meaning = arrival.meaning && (await arrival.meaning);
  const tags = Object.fromEntries(tagKeys.map((tag) => [tag, generations.get(tag) ?? ""]));
  const value = encodeEntry({
    ...freshness,
    digest,
    content: landing.content,
    ...(tagKeys.length > 0 && { tags }),
    ...(request.settings.options.storeCalls === true && isJson(call) && { call }),
    ...meaning?.wording,
    ...(landing.usage !== undefined && { usage: landing.usage }),
  });
  if (value.length > (store.backend.maxValueBytes ?? Infinity)) return reject("too-large");
  if (lease !== undefined && !(await lease.renew())) {
    return reject("superseded", "the lease is another process's by now");
  }
  const expiry = expiryOf(freshness.staleUntil);
  const embedding = meaning?.match?.embedding;
  const learn = (stored: boolean) => {
    const outdated = () => flight.discarded || !slot.isNewest(flight.number);
    if (meaning !== undefined) learnBehind(request, meaning, { value, ...expiry, stored }, outdated, engine);
    return stored;
  };
  try {
    const stored = await store.writer.put(store.backend, key, () => {
      if (flight.discarded) return void reject("discarded");
      if (!slot.claimStore(flight.number)) return void reject("superseded");
      return { key, value, options: { ...expiry, ...(embedding !== undefined && { embedding }) } };
    });
    if (!stored) return false;
    telemetry.emit({ type: "stored", operation, key, bytes: value.length });
    return learn(true);
  } catch (error) {
    telemetry.error(wrapBackendError(error, { backend: store.backend.name, operation: "put", key }));
    return learn(false);
  }
}

/** Whether the store holds what only a newer version, or another codec, can read: it must not be lost to a call that did not look. */
async function isUnreadable({ store, key }: Request): Promise<boolean> {
  try {
    const held = await store.backend.get(key);
    if (held !== undefined) decodeEntry(held);
    return false;
  } catch (error) {
    return isLlmCacheError(error) && error.code === "UNREADABLE_ENTRY";
  }
}

/** The life of an answer: by the call, then by what the answer says, then by the cache. A rule that throws gives none. */
function lifeOf({ settings, controls, call }: Request, answer: unknown, now: number): Freshness | undefined {
  const { ttl, ttlOf } = settings.options;
  try {
    const said = controls.ttl ?? controls.ttlOf?.(answer as never, call) ?? ttlOf?.(answer, call) ?? ttl ?? Infinity;
    return freshnessFor(said, [settings.defaults, controls], now);
  } catch {
    return undefined;
  }
}

type Admit = NonNullable<CacheOptions["admit"]>;

/** Whether the rules of the call and of the cache admit an answer. At once, unless one of them takes its time. */
function admits({ settings, controls, call }: Request, answer: unknown): boolean | Promise<boolean> {
  const rules = [controls.admit as Admit | undefined, settings.options.admit];
  const verdicts = rules.map((admit) => verdictOf(admit, answer, call));
  if (verdicts.every((verdict) => typeof verdict === "boolean")) return verdicts.every(Boolean);
  return Promise.all(verdicts).then((said) => said.every(Boolean));
}

/** Only a clear yes admits: a rule that throws, or says nothing, does not. */
function verdictOf(admit: Admit | undefined, answer: unknown, call: Call): boolean | Promise<boolean> {
  if (admit === undefined) return true;
  try {
    const said = admit(answer, call);
    return typeof said === "boolean" ? said : Promise.resolve(said).catch(() => false);
  } catch {
    return false;
  }
}
