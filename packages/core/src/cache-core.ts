import type { Backend, OperationOptions } from "./backend.ts";
import { Engine } from "./engine.ts";
import { LlmCacheError } from "./errors.ts";
import type { CacheStats } from "./event.ts";
import type { Call } from "./key.ts";
import { wrapBackendError } from "./look-up.ts";
import type { Bypass, State } from "./request.ts";
import { type SemanticWork, strictSemanticWork } from "./semantic-work.ts";
import { type CacheMode, type CacheOptions, Settings } from "./settings.ts";
import type { Concerned } from "./slot.ts";
import { Store } from "./store.ts";
import { Telemetry } from "./telemetry.ts";

/** What a cache's view is made of. */
export class CacheView {
  readonly core: CacheCore;
  readonly scope: string;

  constructor(core: CacheCore, scope: string) {
    this.core = core;
    this.scope = scope;
  }
}

/** Work with the store whose failure its caller must know. */
type StrictWork = (backend: Backend, operation: OperationOptions) => Promise<void>;

/** What is to be removed. */
export interface Removal {
  readonly store: Store;
  readonly operation: string;
  readonly concerns: (key: string) => boolean;
  readonly work: StrictWork;
  readonly semantic: SemanticWork;
}

/** What all views of a cache share. */
export class CacheCore {
  readonly engine: Engine;
  readonly #telemetry: Telemetry;
  /** What is set now, and where entries are kept now. */
  settings: Settings;
  store: Store;
  #disabled: Settings;
  /** Replaced stores that calls under way still use. */
  readonly #replaced = new Set<Store>();
  readonly #derivations = new Set<Promise<unknown>>();
  #disposal: Promise<void> | undefined;
  enabled = true;

  constructor(options: CacheOptions) {
    this.settings = new Settings(options);
    this.#disabled = new Settings({ ...options, mode: "off" });
    this.#telemetry = new Telemetry(() => this.settings.options.onEvent);
    this.engine = new Engine(this.#telemetry);
    this.store = new Store(this.settings, this.#telemetry.report);
  }

  /** What is set now. Whoever waits for anything with it keeps its backend open by `store.use`. */
  state(): State {
    const on = this.enabled && this.#disposal === undefined;
    return { settings: on ? this.settings : this.#disabled, store: this.store };
  }

  /** Does something with what is set now, and keeps its backend open meanwhile. */
  using<Result>(work: (state: State) => Promise<Result>): Promise<Result> {
    const state = this.state();
    return state.store.use(() => work(state));
  }

  update(changes: Partial<CacheOptions>): void {
    const options = { ...this.settings.options, ...changes };
    const settings = new Settings(options);
    const replaced = this.store;
    const { keepOpen, bus } = this.settings.options;
    this.settings = settings;
    this.#disabled = new Settings({ ...options, mode: "off" });
    const keepsStore =
      options.backend === replaced.given && options.semantic === replaced.semantic && options.bus === bus;
    if (keepsStore) return replaced.reguard(settings);
    this.store = new Store(settings, this.#telemetry.report);
    this.#replaced.add(replaced);
    const where = { backend: replaced.backend.name, operation: "dispose" };
    replaced.retire(() => {
      this.#replaced.delete(replaced);
      replaced.stopListening();
      if (keepOpen !== true)
        replaced.close(this.store).catch((error: unknown) => this.#telemetry.error(wrapBackendError(error, where)));
    });
  }

  /** Keeps track of a call whose key is being derived. */
  async deriving<Derived>(derivation: Promise<Derived>): Promise<Derived> {
    this.#derivations.add(derivation);
    try {
      return await derivation;
    } finally {
      this.#derivations.delete(derivation);
    }
  }

  /** @throws {LlmCacheError} `REPLAY_MISS` in `replay`: there is no model to go to */
  tellBypass({ operation }: Call, { bypass, detail }: Bypass, mode: CacheMode): void {
    this.#telemetry.emit({ type: "bypass", operation, reason: bypass, ...(detail !== undefined && { detail }) });
    if (mode !== "replay") return;
    throw new LlmCacheError(
      "REPLAY_MISS",
      `this ${operation} call goes past the cache (${bypass}), and no model is called`,
    );
  }

  /**
   * Removes entries from the store and from its semantic tier, after the writes of these keys that are under way; flights that began before
   * store nothing. Both are tried.
   */
  async remove(removal: Removal): Promise<void> {
    const { store, operation, concerns, work, semantic } = removal;
    await this.discard(concerns);
    await Promise.all([store, ...this.#replaced].map(({ writer }) => writer.settled(concerns)));
    const removals = [
      this.strictly(store, operation, concerns, work),
      strictSemanticWork(store, this.settings, this.#telemetry, semantic),
    ];
    const settled = await Promise.allSettled(removals);
    // A look-up that began meanwhile may have found what one of them had removed and the other had not.
    this.#readAnew(concerns);
    for (const removed of settled) if (removed.status === "rejected") throw removed.reason;
  }

  /** Keeps flights from storing their answers and from being joined, on whatever backend they began with. */
  async discard(concerned: Concerned): Promise<void> {
    // A call that came before has its turn first, so that it is found under way.
    await Promise.allSettled(this.#derivations);
    for (const store of [this.store, ...this.#replaced]) store.discard(concerned);
  }

  /** @throws {LlmCacheError} when the store fails */
  async strictly(store: Store, operation: string, concerned: Concerned, work: StrictWork): Promise<void> {
    try {
      await store.use((backend) => work(backend, { report: this.#telemetry.report }));
    } catch (error) {
      throw wrapBackendError(error, { backend: store.backend.name, operation });
    } finally {
      // A look-up that began meanwhile may have found what was still there.
      this.#readAnew(concerned);
    }
  }

  #readAnew(concerned: Concerned): void {
    for (const store of [this.store, ...this.#replaced]) store.readAnew(concerned);
  }

  async ping(): Promise<void> {
    const { store } = this;
    const nothing: Concerned = () => false;
    await this.strictly(store, "ping", nothing, async (backend, options) => {
      if (backend.ping !== undefined) return backend.ping(options);
      const key = `_ping/${crypto.randomUUID()}`;
      await backend.put(key, new Uint8Array([1]), { ...options, expiresAt: this.settings.clock() });
      await backend.get(key, options);
      await backend.delete(key, options);
    });
    await strictSemanticWork(store, this.settings, this.#telemetry, {
      operation: "ping",
      work: async (tier, context) => tier.ping?.(context),
    });
  }

  async feedback(key: string, ok: boolean): Promise<void> {
    const { store, settings } = this;
    if (store.semantic?.feedback === undefined)
      throw new LlmCacheError("UNSUPPORTED", "there is no semantic tier that learns from feedback", { key });
    await strictSemanticWork(store, settings, this.#telemetry, {
      operation: "feedback",
      key,
      work: async (tier, context) => tier.feedback?.(key, ok, context),
    });
  }

  stats(): CacheStats {
    return { ...this.#telemetry.counts(), inFlight: this.store.inFlight };
  }

  dispose(): Promise<void> {
    this.engine.refreshes.abandon();
    this.#disposal ??= this.engine.settled().then(async () => {
      this.store.stopListening();
      if (this.settings.options.keepOpen !== true) await this.store.close();
    });
    return this.#disposal;
  }
}
