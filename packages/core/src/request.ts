import { type CacheControls, checkControls, controlNames } from "./cache-control.ts";
import { describeType } from "./describe-type.ts";
import type { Duration } from "./duration.ts";
import type { BypassReason } from "./event.ts";
import type { Call, DerivedKey } from "./key.ts";
import { checkOptions } from "./options.ts";
import type { Settings } from "./settings.ts";
import type { Store } from "./store.ts";
import { tagKeysFor } from "./tags.ts";
import type { Usage } from "./usage.ts";

/** What makes the answer when the cache has none. */
export type Factory<Answer> = (context: { readonly signal: AbortSignal }) => Answer | PromiseLike<Answer>;

/** The controls of a call, and what else the caller says of it. */
export interface RunOptions<Answer = unknown> extends CacheControls {
  /** Detaches this caller; when the last one has gone, the model call is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Whether this answer may be stored, besides the cache's own `admit`. For a stream it is given the array of chunks. */
  readonly admit?: ((answer: Answer, call: Call) => boolean | Promise<boolean>) | undefined;
  /** What this answer says of its time to live, before the cache's own `ttlOf`. */
  readonly ttlOf?: ((answer: Answer, call: Call) => Duration | undefined) | undefined;
  /** What the model used for this answer, before the cache's own `usageOf`. For a stream it is given the array of chunks. */
  readonly usageOf?: ((answer: Answer, call: Call) => Usage | undefined) | undefined;
  /** Whether a stored answer serves this call; one that does not is a miss. For a stream it is given the array of chunks. */
  readonly accepts?: ((answer: Answer, call: Call) => boolean) | undefined;
  /** Callers share a call of the model only with callers of the same variant, for what the key leaves out but the answer shows. @default "" */
  readonly variant?: string | undefined;
  /** Goes past the cache, for a reason of the caller's that the event tells. */
  readonly bypass?: string | undefined;
  /** For `run`: makes the whole answer of the chunks of a stream, recorded or under way; `undefined`: they make none. @default a recording is a miss */
  readonly collect?: ((chunks: readonly unknown[]) => Answer | undefined) | undefined;
  /** For `runStream`: makes the chunks of a whole answer, stored or under way; `undefined`: it has none. @default a whole answer is a miss */
  readonly replay?: ((answer: unknown) => Answer | undefined) | undefined;
  /** How a recorded stream is replayed. @default "instant" */
  readonly pace?: "instant" | "recorded" | undefined;
}

/** The options of a call of whatever kind of answer. */
export interface ErasedOptions extends Omit<RunOptions<never>, "collect" | "replay"> {
  readonly collect?: ((chunks: readonly unknown[]) => unknown) | undefined;
  readonly replay?: ((answer: unknown) => unknown) | undefined;
}

const runOptions = [
  ...controlNames,
  "signal",
  "admit",
  "ttlOf",
  "usageOf",
  "accepts",
  "variant",
  "bypass",
  "collect",
  "replay",
  "pace",
];

/** A call on its way through the cache. */
export interface Request {
  readonly call: Call;
  readonly key: string;
  readonly digest: string;
  readonly tagKeys: readonly string[];
  /** The call's controls over the cache's. */
  readonly controls: ErasedOptions;
  readonly settings: Settings;
  readonly store: Store;
  /** Whether the store is read for it, and its answer stored. */
  readonly reads: boolean;
  readonly writes: boolean;
  /** When it came, as `performance.now` tells. */
  readonly startedAt: number;
}

/** Why a call goes past the cache. */
export interface Bypass {
  readonly bypass: BypassReason;
  readonly detail?: string | undefined;
}

/** The controls of a call over the cache's defaults. @throws {TypeError} for a control of a wrong type, or a scope other than the view's */
export function mergeControls<Options extends CacheControls>(
  settings: Settings,
  scope: string | undefined,
  options: Options,
): Options & CacheControls {
  checkOptions("options", options, runOptions);
  checkControls(options);
  if (scope !== undefined && options.scope !== undefined && options.scope !== scope) {
    throw new TypeError("scope: this view of the cache is bound to another scope");
  }
  const merged: Record<string, unknown> = { ...settings.defaults };
  for (const [name, value] of Object.entries(options)) if (value !== undefined) merged[name] = value;
  merged["scope"] = scope ?? options.scope;
  return merged as Options & CacheControls;
}

/** Decides whether a call is cached at all. @throws {TypeError} for what is no call */
function bypassOf(settings: Settings, call: Call, controls: ErasedOptions): Bypass | undefined {
  checkCall(call);
  if (controls.bypass !== undefined) return { bypass: "caller", detail: controls.bypass };
  const { operations, defaultOff } = settings.options;
  if (settings.mode === "off") return { bypass: "off" };
  if (operations !== undefined && !operations.includes(call.operation)) return { bypass: "operation" };
  if (defaultOff === true && controls.use !== true) return { bypass: "not-opted-in" };
  if (controls.noCache === true && controls.noStore === true) return { bypass: "controls" };
  return undefined;
}

/** What calls begin with, and keep. */
export interface State {
  readonly settings: Settings;
  readonly store: Store;
}

/**
 * Makes the request of a call, or says why it goes past the cache. At once, unless its key or its tags take their time.
 *
 * @throws {TypeError} for options of a wrong type
 */
export function toRequest(
  state: State,
  scope: string | undefined,
  call: Call,
  options: ErasedOptions,
): Request | Bypass | Promise<Request | Bypass> {
  const controls = mergeControls(state.settings, scope, options);
  const bypass = bypassOf(state.settings, call, controls);
  if (bypass !== undefined) return bypass;
  try {
    const derived = state.settings.keys.derive(call, controls);
    if (!(derived instanceof Promise) && controls.tags === undefined)
      return completeRequest(state, call, controls, derived, []);
    const complete = async () =>
      completeRequest(state, call, controls, await derived, await tagKeysFor(controls.tags ?? [], controls));
    return complete().catch(noKey);
  } catch (error) {
    return noKey(error);
  }
}

/** The requests of calls that differ in `params.input` alone. */
export async function toRequests(
  state: State,
  scope: string | undefined,
  call: Call,
  inputs: readonly unknown[],
  options: ErasedOptions,
): Promise<Request[] | Bypass> {
  const controls = mergeControls(state.settings, scope, options);
  const bypass = bypassOf(state.settings, call, controls);
  if (bypass !== undefined) return bypass;
  try {
    const tagKeys = await tagKeysFor(controls.tags ?? [], controls);
    const derived = await state.settings.keys.deriveMany(call, inputs, controls);
    return derived.map((key, index) => {
      const single = { ...call, params: { ...(call.params as object), input: inputs[index] } };
      return completeRequest(state, single, controls, key, tagKeys);
    });
  } catch (error) {
    return noKey(error);
  }
}

function noKey(error: unknown): Bypass {
  return {
    bypass: "no-key",
    detail: error instanceof TypeError ? error.message : "keyOf or a getter of the call threw",
  };
}

function completeRequest(
  state: State,
  call: Call,
  controls: ErasedOptions,
  { key, digest }: DerivedKey,
  tagKeys: readonly string[],
): Request {
  const { mode } = state.settings;
  const refreshing = mode === "refresh" || mode === "write-only";
  const replaying = mode === "replay";
  const noCache = (controls.noCache === true || refreshing) && !replaying;
  return {
    settings: state.settings,
    store: state.store,
    call,
    key,
    digest,
    tagKeys,
    controls: noCache || replaying ? { ...controls, noCache, ...(replaying && { onlyIfCached: true }) } : controls,
    reads: !noCache,
    startedAt: performance.now(),
    writes: controls.noStore !== true && state.settings.writes,
  };
}

function checkCall(call: Call): void {
  if (typeof call !== "object" || call === null)
    throw new TypeError(`call must be an object, got ${describeType(call)}`);
  if (typeof call.operation !== "string")
    throw new TypeError(`call.operation must be a string, got ${describeType(call.operation)}`);
}
