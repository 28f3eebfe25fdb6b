import { accounted, type Paid } from "./accounting.ts";
import { judge } from "./cache-control.ts";
import type { Content } from "./content.ts";
import { untilAborted } from "./deadline.ts";
import { isLlmCacheError, LlmCacheError } from "./errors.ts";
import type { MatchInfo, MissReason } from "./event.ts";
import { type Flight, type FlightKind, type FlightPlan, wasThere } from "./flight.ts";
import { adaptable, joinable } from "./joinable.ts";
import { glanceOf, type Glimpse, glimpse } from "./glance.ts";
import { type Generations, type LookUp, lookUp, nothingRead, wrapBackendError } from "./look-up.ts";
import { makeAnswer } from "./make-answer.ts";
import { askByMeaning, semanticUse } from "./semantic-look-up.ts";
import { type Answer, isAccepted } from "./plans.ts";
import { Refreshes, wantsRefresh } from "./refreshes.ts";
import type { Request } from "./request.ts";
import type { Slot, Visit } from "./slot.ts";
import { agesOf, type Hit, type Landed, type Standing } from "./standing.ts";
import { prepareGenerations } from "./tags.ts";
import type { Telemetry } from "./telemetry.ts";
import { tellCallFailed, tellCoalesced, tellHit, tellMiss, tellShared } from "./tell.ts";
import type { Usage } from "./usage.ts";

/** How one kind of answer is served and made. */
export interface Plan<Result, Served> {
  readonly kind: FlightKind;
  /** Whether a lease is worth it: not for what is there at once, nor for the many answers of a batch. */
  readonly leased: boolean;
  /** Whether the answer to a similar question will do, or the answer is only learned, or neither. */
  readonly byMeaning: "look-up" | "learn" | "never";
  /** What a stored answer gives this caller, or why it gives nothing. */
  readonly open: (content: Content) => { readonly served: Served } | { readonly miss: MissReason };
  /** Calls the model. Calls `land` once: with the answer, or with nothing when there is none that is complete. */
  readonly work: (signal: AbortSignal, land: (landing: Landing | undefined) => void) => Promise<Result>;
  /** Takes the whole answer where no caller does. */
  readonly drain: (result: Result) => Promise<void>;
}

/** An answer of the model that is complete. */
export interface Landing {
  /** The answer as `admit` and `ttlOf` see it. */
  readonly answer: unknown;
  readonly content: Content | undefined;
  /** Why there is no content. */
  readonly detail?: string | undefined;
  /** What the model used for it, where that is known. */
  readonly usage?: Usage | undefined;
}

/** Answers requests: looks up, joins a flight or begins one, and stores behind the caller. */
export class Engine {
  readonly telemetry: Telemetry;
  readonly #background = new Set<Promise<unknown>>();
  readonly refreshes: Refreshes = new Refreshes(this);

  constructor(telemetry: Telemetry) {
    this.telemetry = telemetry;
  }

  /**
   * A whole answer that this process holds, fresh, while nothing is under way for its key: at once, where `obtain` would give the same.
   * `undefined` wherever that takes a closer look.
   */
  glance<Value>(request: Request): Hit<Value> | undefined {
    const { store, key, digest, tagKeys, controls, reads, settings, call } = request;
    const glance = glanceOf(store.backend);
    const isPlain = reads && settings.mode !== "replay" && tagKeys.length === 0 && controls.signal?.aborted !== true;
    if (glance === undefined || !isPlain || store.slots.has(key)) return undefined;
    const now = settings.clock();
    const found = glimpse(glance, key, digest, (entry) => judge(entry, controls, now) === "fresh");
    if (found === undefined || !isAccepted(controls, found.answer, call)) return undefined;
    return this.#hit(request, found.answer as Value, found, "hit", now);
  }

  /** @throws what the model call throws, the reason of the caller's signal, or `CACHE_MISS` where only a stored answer will do */
  async obtain<Result, Served>(request: Request, plan: Plan<Result, Served>): Promise<Hit<Served> | Landed<Result>> {
    const { store, key, controls } = request;
    const slot = store.enter(key);
    const visit = { slot, since: slot.tick() };
    try {
      let found = nothingRead;
      if (request.reads && joinable(request, plan.kind, visit)?.plan.afterAbsence !== true) {
        found = await untilAborted(
          slot.read(() => this.lookUpOne(request)),
          controls.signal,
        );
        const served = this.serve(request, plan, found);
        if ("miss" in served) found = { ...found, reason: served.miss };
        else {
          if (wantsRefresh(request, found)) this.refreshes.begin(request, plan.kind, () => plan, visit, found);
          return served;
        }
      }
      if (controls.onlyIfCached === true && !wasThere(joinable(request, plan.kind, visit), visit.since)) {
        const similar = await this.#findByMeaning(request, plan);
        if (similar !== undefined) return similar;
      }
      try {
        // Where there is none, nothing is awaited: two callers who come at once must not both begin.
        const other = adaptable(request, plan.kind, visit);
        const adapted = other && (await this.#adapt(request, plan, visit, found.reason, other));
        return adapted ?? (await this.#fly(request, plan, visit, found));
      } catch (error) {
        const stale = await this.serveInPlaceOf(error, request, plan);
        if (stale === undefined) throw error;
        return stale;
      }
    } finally {
      store.leave(slot);
    }
  }

  /** What the flight that a request joins, or begins, brings. */
  async #fly<Result, Served>(
    request: Request,
    plan: Plan<Result, Served>,
    visit: Visit,
    found: LookUp,
  ): Promise<Hit<Served> | Landed<Result>> {
    const joined = joinable(request, plan.kind, visit) as Flight<Result> | undefined;
    const standing = this.standing(request, found.reason, joined, visit.since);
    const flight = joined ?? this.begin(request, plan, visit.slot, found);
    this.tell(request, standing, flight);
    const { result, leave } = await flight.wait(request.controls.signal);
    if (result !== undefined) return { result, leave, flight, ...standing };
    leave();
    const adopted = this.serveAdopted<Served>(request, plan, flight, standing);
    return "miss" in adopted ? this.obtain(request, plan) : adopted;
  }

  /** What a request makes of the answer that a flight of the other kind brings. `undefined`: there is none, or nothing can be made of it. */
  async #adapt<Served>(
    request: Request,
    plan: Pick<Plan<unknown, Served>, "kind" | "open">,
    visit: Visit,
    reason: MissReason,
    flight: Flight,
  ): Promise<Hit<Served> | undefined> {
    const { signal, onlyIfCached } = request.controls;
    if (onlyIfCached === true && !wasThere(flight, visit.since)) return undefined;
    const standing = this.standing(request, reason, flight, visit.since);
    await flight.waitForWhole(signal);
    const { adopted, landing } = flight;
    if (adopted !== undefined) {
      const served = this.serveAdopted<Served>(request, plan, flight, standing);
      return "miss" in served ? undefined : served;
    }
    const opened = landing?.content && plan.open(landing.content);
    if (opened === undefined || "miss" in opened) return undefined;
    this.tell(request, standing, flight);
    const paid = tellShared(this.telemetry, request, standing.status, landing?.usage);
    return { ...standing, served: opened.served, ...paid };
  }

  /** What is stored for a request, or is only still being written. */
  async find<Value>(
    request: Request,
    plan: Plan<Answer<Value>, Value>,
  ): Promise<Hit<Value> | { readonly miss: MissReason }> {
    const { store, key } = request;
    const slot = store.enter(key);
    const visit = { slot, since: slot.tick() };
    try {
      const served = this.serve(request, plan, await this.lookUpOne(request));
      if (!("miss" in served)) return served;
      const written = joinable(request, plan.kind, visit) ?? adaptable(request, plan.kind, visit);
      if (written?.freshness === undefined) return served;
      const { adopted, freshness, landing } = written;
      if (adopted !== undefined)
        return adopted.match === undefined ? this.serve(request, plan, { ...adopted, ...nothingRead }) : served;
      const opened = landing?.content && plan.open(landing.content);
      if (opened === undefined || "miss" in opened) return opened ?? served;
      const entry = {
        ...freshness,
        digest: request.digest,
        ...(landing?.usage !== undefined && { usage: landing.usage }),
      };
      return this.#hit(request, opened.served, { entry, source: store.backend.name }, "hit", request.settings.clock());
    } finally {
      store.leave(slot);
    }
  }

  /** Stores an answer that is there already. It is newer than any flight that is under way. Resolves to whether it was stored. */
  async put<Result, Served>(request: Request, plan: Plan<Result, Served>): Promise<boolean> {
    const slot = request.store.enter(request.key);
    try {
      const flight = this.begin(request, plan, slot, nothingRead);
      flight.enter();
      return await flight.ended;
    } finally {
      request.store.leave(slot);
    }
  }

  /**
   * How a request will be answered that its look-up did not answer: by a flight that it joins, which is a hit where the answer
   * was there before and is only still being written, or by one of its own. @throws {LlmCacheError} `CACHE_MISS` where neither will do
   */
  standing(request: Request, reason: MissReason, joined: Flight | undefined, since: number): Standing {
    const { key, controls, settings, store } = request;
    if (wasThere(joined, since)) {
      const ages = agesOf(joined.freshness, settings.clock());
      return {
        status: "hit",
        source: store.backend.name,
        ...ages,
        ...accounted(request, "hit", joined.landing?.usage),
      };
    }
    if (controls.onlyIfCached === true) {
      tellMiss(this.telemetry, request, reason);
      throw new LlmCacheError("CACHE_MISS", `nothing acceptable is cached for this call (${reason})`, { key });
    }
    return { status: joined === undefined ? "miss" : "coalesced", source: undefined, age: 0, missReason: reason };
  }

  /** Tells how a request is answered by a flight: at once, or once it is clear that no similar question answers it. */
  tell(request: Request, standing: Standing, { byMeaning }: Flight): void {
    const { status, source = "", missReason = "not-read" } = standing;
    const emit = () => {
      if (status === "coalesced") tellCoalesced(this.telemetry, request);
      else if (status === "hit") tellHit(this.telemetry, request, { ...standing, status, source });
      else tellMiss(this.telemetry, request, missReason);
    };
    if (byMeaning === undefined) emit();
    else void byMeaning.then((found) => !found && emit());
  }

  /** What a look-up gives this request, or why it gives nothing. */
  serve<Served>(
    request: Request,
    plan: Pick<Plan<unknown, Served>, "open">,
    { entry, source = request.store.backend.name, reason }: LookUp,
    inPlaceOfError = false,
  ): Hit<Served> | { readonly miss: MissReason } {
    if (entry === undefined) return { miss: reason };
    const { settings, controls } = request;
    const now = settings.clock();
    const verdict = settings.mode === "replay" ? "fresh" : judge(entry, controls, now);
    if (verdict === "too-old") return { miss: verdict };
    if (verdict === "expired" || (verdict === "if-error" && !inPlaceOfError)) return { miss: "expired" };
    const opened = plan.open(entry.content);
    if ("miss" in opened) {
      if (opened.miss === "corrupt") this.#dropCorrupt(request);
      return opened;
    }
    return this.#hit(request, opened.served, { entry, source }, verdict === "fresh" ? "hit" : "stale", now);
  }

  #hit<Served>(
    request: Request,
    served: Served,
    { entry, source, match }: { readonly entry: Glimpse["entry"]; readonly source: string; readonly match?: MatchInfo },
    status: "hit" | "stale" | "semantic",
    now: number,
  ): Hit<Served> {
    const matched = match === undefined ? {} : { match };
    const paid = accounted(request, status, entry.usage);
    const hit = { served, status, source, ...agesOf(entry, now), ...matched, ...paid };
    tellHit(this.telemetry, request, hit);
    return hit;
  }

  /** For a caller who has no use for a flight. */
  async #findByMeaning<Result, Served>(request: Request, plan: Plan<Result, Served>): Promise<Hit<Served> | undefined> {
    if (semanticUse(request, plan) !== "look-up") return undefined;
    const signal = request.controls.signal ?? new AbortController().signal;
    const meaning = await askByMeaning(request, plan, signal, this);
    signal.throwIfAborted();
    return meaning?.hit && this.#hit(request, meaning.hit.served, meaning.hit, "semantic", request.settings.clock());
  }

  /** Begins a flight for a request that found nothing. */
  begin<Result, Served>(request: Request, plan: Plan<Result, Served>, slot: Slot, found: LookUp): Flight<Result> {
    const { store, settings, controls, tagKeys, key } = request;
    const flightPlan: FlightPlan = {
      kind: plan.kind,
      noCache: controls.noCache === true,
      variant: controls.variant ?? "",
      afterAbsence: found.reason === "absent",
      tagKeys,
      leased: settings.options.coalesce === "distributed" && controls.noCache !== true && plan.leased,
    };
    const use = semanticUse(request, plan);
    const decision = use === "look-up" ? Promise.withResolvers<boolean>() : undefined;
    store.enter(key);
    const make = (flight: Flight<Result>) => {
      const end = (stored: boolean) => {
        if (flight.endedAt !== undefined) return;
        flight.end(slot.tick(), stored);
        // A look-up that began before the answer was stored would not find it.
        slot.readAnew();
        store.leave(slot);
      };
      const meaning = use && askByMeaning(request, plan, flight.signal, this);
      return makeAnswer({ request, plan, slot, flight, found, meaning, decided: decision?.resolve, end }, this);
    };
    const flight = slot.open<Result>(flightPlan, { make, drain: plan.drain });
    flight.byMeaning = decision?.promise;
    return flight;
  }

  /** What a flight that found a stored answer gives a caller: one who joined may want a newer one, or another. */
  serveAdopted<Served>(
    request: Request,
    { open }: Pick<Plan<unknown, Served>, "open">,
    { adopted }: Flight,
    standing: Standing,
  ): Hit<Served> | { readonly miss: MissReason } {
    if (adopted === undefined) throw new Error("a flight without a result has adopted one");
    const { entry, source, match } = adopted;
    const now = request.settings.clock();
    const began = standing.status === "miss";
    if (!began && judge(entry, request.controls, now) !== "fresh") return { miss: "expired" };
    const opened = began ? { served: adopted.served as Served } : open(entry.content);
    if ("miss" in opened) return opened;
    if (match !== undefined) return this.#hit(request, opened.served, adopted, "semantic", now);
    // Whoever began a flight that another process had already made joined that process.
    const shared: Standing = began ? { status: "coalesced", source, age: 0 } : standing;
    return { ...shared, served: opened.served, ...tellShared(this.telemetry, request, shared.status, entry.usage) };
  }

  /** Who pays for the answer that a flight brings. Resolves once it is there, or it is clear that none comes. */
  async account(request: Request, { status, flight }: Pick<Landed<unknown>, "status" | "flight">): Promise<Paid> {
    await flight.landed;
    return flight.landing === undefined ? {} : tellShared(this.telemetry, request, status, flight.landing.usage);
  }

  /** Serves what may be served in place of an error of the model. Looks again: what was there before may be deleted by now. */
  async serveInPlaceOf<Served>(
    error: unknown,
    request: Request,
    plan: Pick<Plan<unknown, Served>, "open">,
  ): Promise<Hit<Served> | undefined> {
    const { controls, reads, key } = request;
    if (controls.staleIfError === undefined || !reads || controls.signal?.aborted === true) return undefined;
    if (controls.onlyIfCached === true) return undefined;
    // The model answered; what is wrong is the program.
    if (isLlmCacheError(error) && error.code === "WRONG_COUNT") return undefined;
    const served = this.serve(request, plan, await this.lookUpOne(request), true);
    if ("miss" in served) return undefined;
    tellCallFailed(this.telemetry, error, key, "a stale answer was served in its place");
    return served;
  }

  /** Looks several requests up at once; they are of one batch, and so alike in all but their key. */
  async lookUpMany(requests: readonly Request[]): Promise<LookUp[]> {
    const [first] = requests;
    if (first === undefined) return [];
    const { store, settings, tagKeys } = first;
    const context = {
      backend: store.backend,
      timeoutMs: settings.readTimeoutMs,
      report: this.telemetry.report,
      onError: this.telemetry.error,
    };
    const found = await lookUp(requests, tagKeys, context);
    for (const [index, { reason }] of found.entries()) {
      const request = requests[index];
      if (reason === "corrupt" && request !== undefined) this.#dropCorrupt(request);
    }
    return found;
  }

  /** Keeps track of work that no caller waits for. It must not reject. */
  inBackground({ settings }: Pick<Request, "settings">, work: Promise<unknown>): void {
    this.#background.add(work);
    void work.finally(() => this.#background.delete(work));
    try {
      settings.options.waitUntil?.(work);
    } catch (cause) {
      this.telemetry.error(new LlmCacheError("UNSUPPORTED", "waitUntil refused the work behind a caller", { cause }));
    }
  }

  /** Waits until there is no such work. */
  async settled(): Promise<void> {
    while (this.#background.size > 0) await Promise.all(this.#background);
  }

  /** Looks one request up. */
  async lookUpOne(request: Request): Promise<LookUp> {
    return (await this.lookUpMany([request]))[0] ?? nothingRead;
  }

  #dropCorrupt(request: Request): void {
    const { store, key, settings } = request;
    if (!settings.writes) return;
    const where = { backend: store.backend.name, operation: "delete", key };
    const failed = (error: unknown) => this.telemetry.error(wrapBackendError(error, where));
    this.inBackground(request, store.writer.delete(store.backend, key).catch(failed));
  }

  /** The generations that the answer will remember; `undefined`: it cannot be stored. */
  async generations(
    { store, settings, tagKeys, writes }: Request,
    { generations }: LookUp,
  ): Promise<Generations | undefined> {
    if (tagKeys.length === 0 || !writes || generations === undefined) return generations;
    const options = { report: this.telemetry.report };
    try {
      return await prepareGenerations(store.backend, tagKeys, generations, settings.readTimeoutMs, options);
    } catch (error) {
      this.telemetry.error(wrapBackendError(error, { backend: store.backend.name, operation: "tags" }));
      return undefined;
    }
  }
}
