import { type Accounting, accounted, paidIn } from "./accounting.ts";
import type { CacheControls } from "./cache-control.ts";
import { decodeContent } from "./content.ts";
import { untilAborted } from "./deadline.ts";
import { describeType } from "./describe-type.ts";
import type { Standing } from "./standing.ts";
import { CacheCore, CacheView } from "./cache-core.ts";
import type { CacheEvent, CacheStats } from "./event.ts";
import { explainRequest, type Explanation } from "./explain.ts";
import { leaseKeyOf } from "./key-segment.ts";
import { type Call, keyPrefix, namespacePrefix } from "./key.ts";
import { deleteMany, deletePrefix } from "./many.ts";
import { type AskedCall, ModelCall } from "./model-call.ts";
import { checkOptions } from "./options.ts";
import { copyOf, streamPlan, valuePlan } from "./plans.ts";
import { type AnswerStream, openStream, passThrough, replayStream, type StreamSource } from "./recording.ts";
import { type Factory, mergeControls, type Request, type RunOptions, toRequest, toRequests } from "./request.ts";
import { type BatchFactory, callBatch, runMany } from "./run-many.ts";
import { orReplayMiss } from "./replay-miss.ts";
import type { CacheOptions, Settings } from "./settings.ts";
import type { Concerned } from "./slot.ts";
import { invalidationKeysFor, renewGenerations } from "./tags.ts";
import { tellMiss } from "./tell.ts";

/** How a call was answered. */
export interface OutcomeInfo extends Omit<Standing, "accounting"> {
  /** The entry's key. `undefined` for a call that went past the cache. */
  readonly key: string | undefined;
}

export interface Outcome<Value> extends OutcomeInfo {
  /** The answer, the caller's own to change. */
  readonly value: Value;
  /** What the answer cost, and who pays for it. `undefined` where it is not known what the model used: without `usageOf`, mostly. */
  readonly accounting?: Accounting | undefined;
}

export interface StreamOutcome<Chunk> extends OutcomeInfo {
  /** The answer in chunks: to be read to its end, or cancelled. */
  readonly stream: AnswerStream<Chunk>;
  /**
   * What the answer cost, and who pays for it: resolves once the answer has come to its end, whoever read it to there; to `undefined` where it did not,
   * because all have left, or where it is not known what the model used. Never rejects.
   */
  readonly accounting: Promise<Accounting | undefined>;
}

/** A call whose inputs are answered, and cached, one by one. */
export interface BatchOfCalls<Input> extends Call {
  readonly inputs: readonly Input[];
}

/**
 * Keeps the answers of language models. Never a wrong answer, never in the way, never paid twice.
 *
 * What a store does wrong never reaches the caller of `run`, `runStream`, `runMany`, `get` and `put`: it is an event, and the model is
 * called. `delete`, `invalidate`, `clear` and `ping` reject, because their caller must know.
 */
export class Cache {
  readonly #core: CacheCore;
  readonly #scope: string | undefined;

  /** @throws {TypeError} for an option that is unknown or of a wrong type, naming it */
  constructor(options: CacheOptions | CacheView) {
    this.#core = options instanceof CacheView ? options.core : new CacheCore(options);
    this.#scope = options instanceof CacheView ? options.scope : undefined;
  }

  /**
   * The stored answer to a call, or the model's. Concurrent identical calls share one call of the model.
   *
   * @throws what `factory` throws; the reason of `options.signal`; `CACHE_MISS` with `onlyIfCached`; a `TypeError` for wrong options
   */
  run<Value>(call: Call, factory: Factory<Value>, options: RunOptions<NoInfer<Value>> = {}): Promise<Outcome<Value>> {
    const { engine } = this.#core;
    const cached = async (request: Request): Promise<Outcome<Value>> => {
      const obtained = await engine.obtain(request, valuePlan(request, factory, engine.telemetry.emit));
      const info = infoOf(request, obtained);
      if ("served" in obtained) return { value: obtained.served, ...info, ...paidIn(obtained) };
      obtained.leave();
      const { original, content } = obtained.result;
      const isOwn = info.status === "miss";
      // An answer that cannot be copied is not shared: this caller pays for its own.
      if (!isOwn && content === undefined) return { ...(await callAlone(request)), ...info, status: "miss" };
      const value = isOwn || content === undefined ? original : (decodeContent(content) as Value);
      return { value, ...info, ...(await engine.account(request, obtained)) };
    };
    const callAlone = async (asked: AskedCall) => {
      const model = new ModelCall(asked, engine.telemetry.emit);
      const value = await pastCache(({ signal }) => model.make(factory, signal), options);
      return { value, ...accounted(asked, "miss", model.answered(value)) };
    };
    const past = async (settings: Settings) => ({
      ...(await callAlone({ call, settings, controls: options, key: undefined })),
      ...bypassed,
    });
    return this.#answer(call, options, cached, past, (request) => this.#heldAnswer<Value>(request));
  }

  /**
   * As `run`, for an answer that comes in chunks. It is recorded as it passes, at the pace of its readers, and stored when it is complete;
   * a caller that comes while it is under way gets it from the start.
   */
  runStream<Chunk>(
    call: Call,
    factory: Factory<StreamSource<Chunk>>,
    options: RunOptions<NoInfer<Chunk>[]> = {},
  ): Promise<StreamOutcome<Chunk>> {
    const { engine } = this.#core;
    const { signal, pace = "instant" } = options;
    const cached = async (request: Request): Promise<StreamOutcome<Chunk>> => {
      const obtained = await engine.obtain(request, streamPlan(request, factory, engine.telemetry.emit));
      const info = infoOf(request, obtained);
      if ("served" in obtained) {
        const accounting = Promise.resolve(obtained.accounting);
        return { stream: replayStream(obtained.served, pace, signal), accounting, ...info };
      }
      const { result, leave } = obtained;
      const accounting = engine.account(request, obtained).then((paid) => paid.accounting);
      return { stream: openStream((index) => result.at(index), signal, leave), accounting, ...info };
    };
    const past = async () => ({
      stream: passThrough(await pastCache(factory, options), signal),
      accounting: Promise.resolve(undefined),
      ...bypassed,
    });
    return this.#answer(call, options, cached, past);
  }

  /**
   * Answers many inputs of one call, each with an entry of its own: that of the single call whose `params.input` it is. `factory` is called
   * once, with the distinct inputs that are neither stored nor being made. The outcomes are in the order of the inputs.
   *
   * @throws as `run` does; `WRONG_COUNT` for a factory that returns another number of answers
   */
  async runMany<Input, Value>(
    batch: BatchOfCalls<Input>,
    factory: BatchFactory<Input, Value>,
    options: RunOptions<NoInfer<Value>> = {},
  ): Promise<Outcome<Value>[]> {
    const { inputs: given, ...call } = batch;
    if (!Array.isArray(given)) throw new TypeError(`inputs must be an array, got ${describeType(given)}`);
    const inputs: readonly Input[] = Array.from<Input>(given);
    if (inputs.length === 0) return [];
    return this.#core.using(async (state) => {
      const requests = await toRequests(state, this.#scope, call, inputs, options);
      if ("bypass" in requests) {
        this.#core.tellBypass(call, requests, state.settings.mode);
        return this.#batchPast(state.settings, call, inputs, factory, options);
      }
      const answers = await orReplayMiss(requests, runMany(this.#core.engine, requests, inputs, factory));
      return answers.map(({ value, ...standing }, index) => ({
        value,
        ...infoOf(requests[index] as Request, standing),
        ...paidIn(standing),
      }));
    });
  }

  /** The stored answer to this very call, if there is one that the controls accept. What the store does wrong is an event, and no answer. */
  get<Value>(call: Call, options: RunOptions<NoInfer<Value>> = {}): Promise<Outcome<Value> | undefined> {
    const { engine } = this.#core;
    const cached = async (request: Request): Promise<Outcome<Value> | undefined> => {
      if (request.settings.mode === "write-only" || options.noCache === true) return undefined;
      const hit = await engine.find(request, valuePlan<Value>(request, noFactory, engine.telemetry.emit));
      if ("miss" in hit) {
        tellMiss(engine.telemetry, request, hit.miss);
        return undefined;
      }
      return { value: hit.served, ...infoOf(request, hit), ...paidIn(hit) };
    };
    return this.#answer(
      call,
      options,
      cached,
      async () => undefined,
      (request) => this.#heldAnswer<Value>(request),
    );
  }

  /**
   * Says how a call would be answered, and why: by the exact look-up, and by the semantic tier with all that it has to say. Serves and stores
   * nothing, and counts neither as a hit nor as a miss. It looks at everything, so it may take as long as both look-ups together.
   */
  explain(call: Call, options: CacheControls = {}): Promise<Explanation> {
    return this.#core.using(async (state) => {
      const request = await toRequest(state, this.#scope, call, options);
      if ("bypass" in request) return { ...bypassed, bypass: request.bypass };
      return explainRequest(request, this.#core.engine);
    });
  }

  /**
   * Tells the semantic tier whether an answer that was served by meaning was right, so that it decides better. `key` is that of the outcome's `match`.
   *
   * @throws {TypeError} for the key of an entry that this view does not see
   * @throws {LlmCacheError} `UNSUPPORTED` where there is no tier that learns from it; when the tier fails
   */
  async feedback(key: string, ok: boolean, options: Pick<CacheControls, "namespace" | "scope"> = {}): Promise<void> {
    checkOptions("feedback", options, ["namespace", "scope"]);
    const prefix = await this.#prefix(options);
    if (typeof key !== "string" || !key.startsWith(prefix))
      throw new TypeError("key must be that of an entry of this namespace and scope");
    if (typeof ok !== "boolean") throw new TypeError(`ok must be a boolean, got ${describeType(ok)}`);
    await this.#core.feedback(key, ok);
  }

  /** Stores an answer. Resolves to whether it was; why not is an event. */
  put<Value>(call: Call, value: Value, options: RunOptions<NoInfer<Value>> = {}): Promise<boolean> {
    const { engine } = this.#core;
    // No model is called: there is nothing to tell but what goes wrong.
    const tell = (event: CacheEvent) => void (event.type === "error" && engine.telemetry.emit(event));
    // At once: the caller may change its value from now on.
    const { content } = copyOf(value);
    const copy = () => (content === undefined ? value : (decodeContent(content) as Value));
    const cached = (request: Request) =>
      engine.put(request, { ...valuePlan(request, copy, tell), leased: false, byMeaning: "learn" });
    return this.#answer(call, options, cached, async () => false);
  }

  /** Deletes the answer to a call, and keeps flights that are under way from storing theirs. @throws {LlmCacheError} when the store fails */
  async delete(call: Call, options: CacheControls = {}): Promise<void> {
    const { settings, store } = this.#core;
    const controls = mergeControls(settings, this.#scope, options);
    const { key } = await settings.keys.derive(call, controls);
    await this.#core.remove({
      store,
      operation: "delete",
      concerns: (candidate) => candidate === key,
      work: async (backend, operation) => {
        // Without its lease no flight of another process stores an answer any more.
        const keys = settings.options.coalesce === "distributed" ? [leaseKeyOf(key), key] : [key];
        await deleteMany(backend, keys, operation);
        store.tell({ type: "deleted", keys: [key] });
      },
      semantic: { operation: "forget", key, work: (tier, context) => tier.forget(key, context) },
    });
  }

  /**
   * Makes every entry with one of these tags a miss: of this view's scope, or, for a view that is bound to none, of the whole namespace.
   *
   * @throws {LlmCacheError} when the store fails; what it held may then still be served
   */
  async invalidate(tags: readonly string[], options: Pick<CacheControls, "namespace" | "scope"> = {}): Promise<void> {
    const { settings, store } = this.#core;
    const controls = mergeControls(settings, this.#scope, { ...options, tags });
    if (tags.length === 0) return;
    const keys = await invalidationKeysFor(tags, controls);
    const concerned: Concerned = (_, tagKeys) => tagKeys.some((key) => keys.includes(key));
    await this.#core.discard(concerned);
    await this.#core.strictly(store, "invalidate", concerned, async (backend, operation) => {
      await renewGenerations(backend, keys, operation);
      store.tell({ type: "deleted", keys });
    });
  }

  /**
   * Deletes every entry of a scope, or, for a view that is bound to none, of the whole namespace.
   *
   * @throws {LlmCacheError} `UNSUPPORTED` for a store that cannot list its keys, or when it fails: some entries may then be left
   */
  async clear(options: Pick<CacheControls, "namespace" | "scope"> = {}): Promise<void> {
    checkOptions("clear", options, ["namespace", "scope"]);
    const { store } = this.#core;
    const prefix = await this.#prefix(options);
    await this.#core.remove({
      store,
      operation: "clear",
      concerns: (key) => key.startsWith(prefix),
      work: async (backend, operation) => {
        await deletePrefix(backend, prefix, operation);
        store.tell({ type: "cleared", prefix });
      },
      semantic: { operation: "clear", work: (tier, context) => tier.clear(prefix, context) },
    });
  }

  /**
   * A view of the same cache that is bound to a tenant: it sees the entries of this scope, and no others.
   *
   * @throws {TypeError} from a view that is bound already
   */
  scoped(scope: string): Cache {
    if (typeof scope !== "string") throw new TypeError(`scope must be a string, got ${describeType(scope)}`);
    if (this.#scope !== undefined) throw new TypeError("scoped: this view of the cache is bound to a scope already");
    return new Cache(new CacheView(this.#core, scope));
  }

  /** The scope that this view is bound to. `undefined`: none. */
  get scope(): string | undefined {
    return this.#scope;
  }

  /** Reads and writes again, after `disable`. Of all views. */
  enable(): void {
    this.#core.enabled = true;
  }

  /** Lets every call go past the cache. Deleting, clearing and invalidating still work. Of all views. */
  disable(): void {
    this.#core.enabled = false;
  }

  /**
   * Changes options at run time. Calls under way finish with those they began with; a replaced backend is closed once they have.
   *
   * @throws {TypeError} as the constructor does
   */
  update(options: Partial<CacheOptions>): void {
    this.#core.update(options);
  }

  /** Resolves when the store has answered. @throws {LlmCacheError} when it has not */
  async ping(): Promise<void> {
    await this.#core.ping();
  }

  stats(): CacheStats {
    return this.#core.stats();
  }

  /** Waits until everything that is being stored behind the callers has been. */
  async flush(): Promise<void> {
    await this.#core.engine.settled();
  }

  /** Flushes, then closes the backend unless it is to be kept open. From then on every call goes past the cache. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#core.dispose();
  }

  /** What every key of a scope begins with, or, for a view that is bound to none, of the whole namespace. */
  async #prefix(options: Pick<CacheControls, "namespace" | "scope">): Promise<string> {
    const place = mergeControls(this.#core.settings, this.#scope, options);
    return place.scope === undefined ? namespacePrefix(place) : keyPrefix(place);
  }

  /** The answers of a batch that goes past the cache, each an event of its own. */
  async #batchPast<Input, Value>(
    settings: Settings,
    call: Call,
    inputs: readonly Input[],
    factory: BatchFactory<Input, Value>,
    options: RunOptions<Value>,
  ): Promise<Outcome<Value>[]> {
    const models = inputs.map((input) => {
      const single = { ...call, params: { ...(call.params as object), input } };
      const asked = { call: single, settings, controls: options, key: undefined };
      return { asked, model: new ModelCall(asked, this.#core.engine.telemetry.emit) };
    });
    const ask: Factory<readonly Value[]> = ({ signal }) =>
      callBatch(factory, inputs, signal).catch((error: unknown) => {
        for (const { model } of models) model.unanswered(error);
        throw error;
      });
    const values = await pastCache(ask, options);
    return models.map(({ asked, model }, index) => {
      const value = values[index] as Value;
      return { value, ...bypassed, ...accounted(asked, "bypass", model.answered(value)) };
    });
  }

  /** A whole answer that needs no waiting. */
  #heldAnswer<Value>(request: Request): Outcome<Value> | undefined {
    const hit = this.#core.engine.glance<Value>(request);
    return hit && { value: hit.served, ...infoOf(request, hit), ...paidIn(hit) };
  }

  /** Answers a call at once, by the cache, or past it. What it begins with stays in use until it has the answer. */
  async #answer<Value, Answered>(
    call: Call,
    options: RunOptions<Value>,
    cached: (request: Request) => Promise<Answered>,
    past: (settings: Settings) => Promise<Answered>,
    atOnce?: (request: Request) => Answered | undefined,
  ): Promise<Answered> {
    const state = this.#core.state();
    const made = toRequest(state, this.#scope, call, options);
    if (!(made instanceof Promise) && !("bypass" in made)) {
      const answered = atOnce?.(made);
      if (answered !== undefined) return answered;
    }
    return state.store.use(async () => {
      const request = made instanceof Promise ? await this.#core.deriving(made) : made;
      if (!("bypass" in request)) return orReplayMiss([request], cached(request));
      this.#core.tellBypass(call, request, state.settings.mode);
      return past(state.settings);
    });
  }
}

const bypassed = { status: "bypass", source: undefined, key: undefined, age: 0 } as const;

function infoOf({ key }: Request, { status, source, age, freshFor, missReason, match }: Standing): OutcomeInfo {
  return {
    status,
    source,
    key,
    age,
    ...(freshFor !== undefined && { freshFor }),
    ...(missReason !== undefined && { missReason }),
    ...(match !== undefined && { match }),
  };
}

/** Calls the model for one caller alone, who is told of an abort at once. */
async function pastCache<Answer>(
  factory: Factory<Answer>,
  { signal }: { readonly signal?: AbortSignal | undefined },
): Promise<Answer> {
  signal?.throwIfAborted();
  const call = async () => factory({ signal: signal ?? new AbortController().signal });
  return untilAborted(call(), signal);
}

function noFactory(): never {
  throw new Error("a look-up calls no model");
}
