import type { Backend } from "./backend.ts";
import type { Bus } from "./bus.ts";
import type { CacheControls } from "./cache-control.ts";
import { describeType } from "./describe-type.ts";
import { type Duration, parseDuration, parsePositiveDuration } from "./duration.ts";
import type { CacheEvent } from "./event.ts";
import { checkPrices, type PriceTable } from "./prices.ts";
import { type Call, KeyDeriver, type KeyRules } from "./key.ts";
import { checkOptions } from "./options.ts";
import type { SemanticTier } from "./semantic-tier.ts";
import type { Usage } from "./usage.ts";

/**
 * Whether the cache is read and written:
 * `live`: both. `read-only`: hits are served, nothing is stored. `write-only`: nothing is read, not even by `get`; answers are stored.
 * `refresh`: every call is made and its answer replaces the old, as with `noCache`. `replay`: no model is ever called; what is stored answers
 * however old it is, and a miss is `REPLAY_MISS`. `off`: neither, and callers do not join one another.
 */
export type CacheMode = "live" | "read-only" | "write-only" | "refresh" | "replay" | "off";

export interface CacheOptions extends KeyRules {
  /** Where entries are kept. It gets a deadline and a breaker unless it brings its own (`guarded`, `tiered`). */
  readonly backend: Backend;
  /**
   * Finds the answers to similar questions, after an exact miss. Entries then keep the wording that they answer, which whoever reads the store can
   * read unless the backend is `encrypted`. @default none
   */
  readonly semantic?: SemanticTier | undefined;
  /** How long a look-up by meaning may take, the embedding included, before the model is called. @default "1s" */
  readonly semanticTimeout?: Duration | undefined;
  /** Keeps this application's entries apart from others' on the same store. @default "default" */
  readonly namespace?: string | undefined;
  /** How long an answer is fresh, unless the call or the answer says otherwise. @default Infinity */
  readonly ttl?: Duration | undefined;
  /** Serve a stale answer this long after expiry and refresh it behind the caller. @default 0 */
  readonly staleWhileRevalidate?: Duration | undefined;
  /** Serve a stale answer this long after expiry when the model call fails. @default 0 */
  readonly staleIfError?: Duration | undefined;
  /** What an answer itself says of its time to live, if anything. For a stream it is given the array of chunks. */
  readonly ttlOf?: ((answer: unknown, call: Call) => Duration | undefined) | undefined;
  /** Whether an answer may be stored. For a stream it is given the array of chunks. @default all may */
  readonly admit?: ((answer: unknown, call: Call) => boolean | Promise<boolean>) | undefined;
  /** What the model used for an answer, if that is known. Asked once, when the answer comes, and kept with it. For a stream it is given the array of chunks. */
  readonly usageOf?: ((answer: unknown, call: Call) => Usage | undefined) | undefined;
  /** What models cost, so that usage is money too. `parsePrices` reads LiteLLM's price file. @default none: tokens only */
  readonly prices?: PriceTable | undefined;
  /** The operations that are cached; `[]`: none. @default all */
  readonly operations?: readonly string[] | undefined;
  /** Cache only calls whose controls say `use`. @default false */
  readonly defaultOff?: boolean | undefined;
  /**
   * Keep the call in the entry, where it is JSON, so that a miss in `replay` can say what is different. Whoever reads the store can read it,
   * unless the backend is `encrypted`. @default false
   */
  readonly storeCalls?: boolean | undefined;
  /** @default "live" */
  readonly mode?: CacheMode | undefined;
  /** How long a whole look-up may take before the model is called. @default "500ms" */
  readonly readTimeout?: Duration | undefined;
  /**
   * Whether concurrent identical calls share one call of the model: within this process, or, by leases in the store, among all.
   * @default "process"
   */
  readonly coalesce?: "process" | "distributed" | "off" | undefined;
  /** How long a process that makes an answer may be silent before another takes over. Only with `coalesce: "distributed"`. @default "10s" */
  readonly leaseDuration?: Duration | undefined;
  /** Wakes those who wait for another process's answer, and tells flights of deletions elsewhere. */
  readonly bus?: Bus | undefined;
  /** Told of everything that happens. What it throws, or rejects with, hurts nobody. */
  readonly onEvent?: ((event: CacheEvent) => unknown) | undefined;
  /** Keeps a serverless runtime alive until background work is done. */
  readonly waitUntil?: ((work: Promise<unknown>) => void) | undefined;
  /** The time, in epoch ms. @default Date.now */
  readonly clock?: (() => number) | undefined;
  /** Leave the backend open when the cache is disposed of, because others use it. @default false */
  readonly keepOpen?: boolean | undefined;
}

export const cacheModes: readonly CacheMode[] = ["live", "read-only", "write-only", "refresh", "replay", "off"];

const knownOptions: Readonly<Record<keyof CacheOptions, string>> = {
  backend: "object",
  semantic: "object",
  semanticTimeout: "duration",
  namespace: "string",
  ttl: "duration",
  staleWhileRevalidate: "duration",
  staleIfError: "duration",
  ttlOf: "function",
  admit: "function",
  usageOf: "function",
  prices: "object",
  operations: "array",
  defaultOff: "boolean",
  mode: "string",
  storeCalls: "boolean",
  readTimeout: "duration",
  coalesce: "string",
  leaseDuration: "duration",
  bus: "object",
  onEvent: "function",
  waitUntil: "function",
  clock: "function",
  keepOpen: "boolean",
  ignore: "array",
  modelGroups: "array",
  keyOf: "function",
  promptOf: "function",
};

export const optionNames: readonly string[] = Object.keys(knownOptions);

/** The options of a cache, checked, with what is derived from them. A call keeps those that it began with. */
export class Settings {
  readonly options: CacheOptions;
  readonly keys: KeyDeriver;
  readonly clock: () => number;
  readonly mode: CacheMode;
  /** Whether the store is changed at all. */
  readonly writes: boolean;
  readonly readTimeoutMs: number;
  readonly semanticTimeoutMs: number;
  readonly leaseMs: number;
  /** What a call that says nothing asks for. Its time to live is not among it: what the answer says goes first. */
  readonly defaults: CacheControls;

  /** @throws {TypeError} for an unknown option or a value of a wrong type, naming it */
  constructor(options: CacheOptions) {
    checkOptions("Cache", options, optionNames);
    for (const [name, type] of Object.entries(knownOptions))
      checkOption(name, type, options[name as keyof CacheOptions]);
    if (typeof options.backend?.get !== "function")
      throw new TypeError(`backend must be a Backend, got ${describeType(options.backend)}`);
    this.options = options;
    this.keys = new KeyDeriver(options);
    this.clock = options.clock ?? Date.now;
    this.mode = oneOf("mode", options.mode ?? "live", cacheModes);
    this.writes = this.mode !== "read-only" && this.mode !== "replay";
    oneOf("coalesce", options.coalesce ?? "process", ["process", "distributed", "off"]);
    if (options.coalesce === "distributed" && options.backend.swap === undefined) {
      throw new TypeError(`coalesce: "distributed" needs a backend with swap, which ${options.backend.name} has not`);
    }
    this.leaseMs = parsePositiveDuration(options.leaseDuration ?? "10s", "leaseDuration");
    if (this.leaseMs === 0 || this.leaseMs === Infinity) throw new TypeError("leaseDuration must be above 0 and end");
    this.readTimeoutMs = parsePositiveDuration(options.readTimeout ?? "500ms", "readTimeout");
    this.semanticTimeoutMs = parsePositiveDuration(options.semanticTimeout ?? "1s", "semanticTimeout");
    checkTier(options);
    if (options.prices !== undefined) checkPrices(options.prices);
    const { namespace, staleWhileRevalidate, staleIfError } = options;
    this.defaults = { namespace, staleWhileRevalidate, staleIfError };
  }
}

function checkTier({ semantic, backend }: CacheOptions): void {
  if (semantic === undefined) return;
  const isTier =
    typeof semantic.name === "string" && [semantic.match, semantic.forget, semantic.clear].every(isFunction);
  if (!isTier) throw new TypeError(`semantic must be a SemanticTier, got ${describeType(semantic)}`);
  semantic.check?.(backend);
}

function isFunction(value: unknown): boolean {
  return typeof value === "function";
}

function checkOption(name: string, type: string, value: unknown): void {
  if (value === undefined) return;
  const fits =
    type === "array" ? Array.isArray(value) : type === "duration" ? isDuration(name, value) : typeof value === type;
  if (!fits)
    throw new TypeError(
      `${name} must be ${type === "array" || type === "object" ? "an" : "a"} ${type}, got ${describeType(value)}`,
    );
}

function isDuration(name: string, value: unknown): boolean {
  return (name === "ttl" ? parseDuration : parsePositiveDuration)(value, name) !== undefined;
}

function oneOf<Value extends string>(field: string, value: Value, allowed: readonly Value[]): Value {
  if (!allowed.includes(value))
    throw new TypeError(`${field} must be one of ${allowed.join(", ")}, got another string`);
  return value;
}
