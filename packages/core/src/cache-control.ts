import { describeType } from "./describe-type.ts";
import { type Duration, parseDuration, parsePositiveDuration } from "./duration.ts";

/** What one call asks of the cache. Durations are seconds or a text such as `"5m"`. */
export interface CacheControls {
  /** Do not read; the new answer replaces the old. */
  readonly noCache?: boolean | undefined;
  /** Do not write; a hit may still be served. */
  readonly noStore?: boolean | undefined;
  /** How long this answer is fresh. 0 or less: do not store. `Infinity`: no expiry. */
  readonly ttl?: Duration | undefined;
  /** Accept only an entry at most this old; 0 accepts none. */
  readonly maxAge?: Duration | undefined;
  /** Accept only what stays fresh this much longer. */
  readonly minFresh?: Duration | undefined;
  /** Accept an entry that has been stale for at most this long. */
  readonly maxStale?: Duration | undefined;
  /** Serve a stale entry this long after expiry, and refresh it behind the caller. */
  readonly staleWhileRevalidate?: Duration | undefined;
  /** Serve a stale entry this long after expiry when the model call fails. */
  readonly staleIfError?: Duration | undefined;
  /** Never call the model: without an acceptable entry the call rejects with `CACHE_MISS`. */
  readonly onlyIfCached?: boolean | undefined;
  /** Opts in where the cache is `defaultOff`. */
  readonly use?: boolean | undefined;
  /** In place of the cache's own. */
  readonly namespace?: string | undefined;
  /** The tenant that the entry belongs to. */
  readonly scope?: string | undefined;
  /** The caller's own key in place of the one derived from the call. */
  readonly key?: string | undefined;
  /** Names by which entries are invalidated together. */
  readonly tags?: readonly string[] | undefined;
}

/** When an entry was made, and until when it may be served: epoch ms, or `Infinity`. */
export interface Freshness {
  readonly createdAt: number;
  readonly freshUntil: number;
  readonly staleUntil: number;
}

/**
 * What may be done with an entry:
 * `fresh`: serve it. `stale`: serve it, the caller accepts it as it is. `revalidate`: serve it and refresh it behind
 * the caller. `if-error`: serve it only when the model call fails. `too-old`, `expired`: nothing.
 */
export type Verdict = "fresh" | "stale" | "revalidate" | "if-error" | "too-old" | "expired";

/** Judges an entry by a call's controls. `now` is epoch ms; an entry from the future, by another machine's clock, is new. */
export function judge(entry: Freshness, controls: CacheControls, now: number): Verdict {
  const { maxAge, minFresh } = controls;
  const age = now - entry.createdAt;
  if (maxAge !== undefined && (toMs(maxAge, "maxAge") === 0 || age > toMs(maxAge, "maxAge"))) return "too-old";
  if (now < entry.freshUntil) {
    const enough = minFresh === undefined || entry.freshUntil - now >= toMs(minFresh, "minFresh");
    return enough ? "fresh" : "too-old";
  }
  if (minFresh !== undefined || now > entry.staleUntil) return "expired";
  const staleness = now - entry.freshUntil;
  const within = (field: "maxStale" | "staleWhileRevalidate" | "staleIfError") => {
    const window = toMs(controls[field] ?? 0, field);
    return window > 0 && staleness <= window;
  };
  if (within("staleWhileRevalidate")) return "revalidate";
  if (within("maxStale")) return "stale";
  return within("staleIfError") ? "if-error" : "expired";
}

/**
 * The life of an answer made at `now`, or `undefined` when it is not to be stored. It is kept past its freshness for the longest
 * `staleWhileRevalidate` or `staleIfError` of `keepers`, because a reader can only ask for less than is there.
 */
export function freshnessFor(ttl: Duration, keepers: readonly CacheControls[], now: number): Freshness | undefined {
  const ttlMs = parseDuration(ttl, "ttl");
  if (ttlMs <= 0) return undefined;
  const windows = keepers.flatMap(({ staleWhileRevalidate = 0, staleIfError = 0 }) => [
    toMs(staleWhileRevalidate, "staleWhileRevalidate"),
    toMs(staleIfError, "staleIfError"),
  ]);
  return { createdAt: now, freshUntil: now + ttlMs, staleUntil: now + ttlMs + Math.max(0, ...windows) };
}

const toMs = parsePositiveDuration;

type ControlKind = "duration" | "ttl" | "boolean" | "string" | "strings";

const kinds: { readonly [Name in keyof CacheControls]-?: ControlKind } = {
  noCache: "boolean",
  noStore: "boolean",
  ttl: "ttl",
  maxAge: "duration",
  minFresh: "duration",
  maxStale: "duration",
  staleWhileRevalidate: "duration",
  staleIfError: "duration",
  onlyIfCached: "boolean",
  use: "boolean",
  namespace: "string",
  scope: "string",
  key: "string",
  tags: "strings",
};

/** The names of all controls, for those who pass them on from elsewhere. */
export const controlNames: readonly (keyof CacheControls)[] = Object.keys(kinds) as (keyof CacheControls)[];

/** @throws {TypeError} for a control of a wrong type, naming it. */
export function checkControls(controls: CacheControls): void {
  for (const [name, value] of Object.entries(controls)) {
    if (value !== undefined && Object.hasOwn(kinds, name)) checkControl(name as keyof CacheControls, name, value);
  }
}

function checkControl(name: keyof CacheControls, field: string, value: unknown): void {
  switch (kinds[name]) {
    case "ttl":
      parseDuration(value, field);
      return;
    case "duration":
      parsePositiveDuration(value, field);
      return;
    case "strings":
      if (!Array.isArray(value) || value.some((item) => typeof item !== "string")) {
        throw new TypeError(`${field} must be an array of strings, got ${describeType(value)}`);
      }
      return;
    default:
      if (typeof value !== kinds[name]) {
        throw new TypeError(`${field} must be a ${kinds[name]}, got ${describeType(value)}`);
      }
  }
}

/** The directives of a request's `Cache-Control` (RFC 9111, section 5.2.1; RFC 5861) and what they are called here. */
const directives: ReadonlyMap<string, keyof CacheControls> = new Map([
  ["no-cache", "noCache"],
  ["no-store", "noStore"],
  ["ttl", "ttl"],
  ["max-age", "maxAge"],
  ["s-maxage", "maxAge"],
  ["min-fresh", "minFresh"],
  ["max-stale", "maxStale"],
  ["stale-while-revalidate", "staleWhileRevalidate"],
  ["stale-if-error", "staleIfError"],
  ["only-if-cached", "onlyIfCached"],
]);

/** The directives, and what LiteLLM's `cache` object spells besides. */
const members: ReadonlyMap<string, keyof CacheControls> = new Map([
  ...directives,
  ["s-max-age", "maxAge"],
  ["use-cache", "use"],
  ["namespace", "namespace"],
]);

/** Of several names for one control, the later one here counts. */
const precedence: readonly string[] = ["max-age", "s-max-age", "s-maxage"];

/**
 * Reads controls from a `Cache-Control` header, or from an object in its spelling, as LiteLLM takes it
 * (`{"no-cache": true, "ttl": 60, "s-maxage": 600, "use-cache": true, "namespace": "x"}`).
 *
 * In a header unknown directives are ignored (RFC 9111, section 5.2.3), `s-maxage` goes before `max-age`, and `no-cache` with field names
 * is `no-cache`. An object is written for us, so an unknown member is an error. Tenant, key and tags are never read from here.
 *
 * @throws {TypeError} for a value of a wrong type, a malformed header, or a directive given twice with different values.
 */
export function parseCacheControl(source: string | Readonly<Record<string, unknown>>): CacheControls {
  if (typeof source === "string") return parseHeader(source);
  if (typeof source !== "object" || source === null || Array.isArray(source)) {
    throw new TypeError(`cache controls must be a header or an object, got ${describeType(source)}`);
  }
  const given: [string, keyof CacheControls, unknown][] = [];
  for (const [member, value] of Object.entries(source)) {
    const name = members.get(member);
    if (name === undefined) throw new TypeError(`cache control ${JSON.stringify(member)} is unknown`);
    if (value === undefined) continue;
    checkControl(name, member, value);
    given.push([member, name, value]);
  }
  return toControls(given);
}

function toControls(given: readonly (readonly [string, keyof CacheControls, unknown])[]): CacheControls {
  const inOrder = given.toSorted(([left], [right]) => precedence.indexOf(left) - precedence.indexOf(right));
  return Object.fromEntries(inOrder.map(([, name, value]) => [name, value]));
}

function parseHeader(header: string): CacheControls {
  const found = new Map<string, string | undefined>();
  for (const [directive, argument] of splitDirectives(header)) {
    if (!directives.has(directive)) continue;
    if (found.has(directive) && found.get(directive) !== argument) {
      throw new TypeError(`Cache-Control: ${directive} is given twice with different values`);
    }
    found.set(directive, argument);
  }
  return toControls(
    Array.from(found, ([directive, argument]) => {
      const name = directives.get(directive) as keyof CacheControls;
      return [directive, name, kinds[name] === "boolean" ? true : parseSeconds(directive, argument)];
    }),
  );
}

function parseSeconds(directive: string, argument: string | undefined): number {
  // `max-stale` alone accepts any staleness (RFC 9111, section 5.2.1.2).
  if (argument === undefined && directive === "max-stale") return Infinity;
  if (argument === undefined || !/^\d+(?:\.\d+)?$/.test(argument)) {
    throw new TypeError(
      `Cache-Control: ${directive} must be a number of seconds, got ${argument === undefined ? "none" : "a string"}`,
    );
  }
  return Number(argument);
}

/** `token [ "=" ( token / quoted-string ) ]`, separated by commas, any of them empty (RFC 9110, sections 5.6.1 to 5.6.6). */
const directivePattern =
  /(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:[ \t]*=[ \t]*(?:"([^"\\]*(?:\\.[^"\\]*)*)"|([^\s,"]*)))?)?[ \t]*(?:,[ \t]*|$)/y;

function* splitDirectives(header: string): Generator<[string, string | undefined]> {
  const text = header.trim();
  for (let position = 0; position < text.length; position = directivePattern.lastIndex) {
    directivePattern.lastIndex = position;
    const match = directivePattern.exec(text);
    if (match === null) throw new TypeError(`Cache-Control is malformed at character ${position + 1}`);
    const [, directive, quoted, token] = match;
    if (directive !== undefined) yield [directive.toLowerCase(), quoted?.replaceAll(/\\(.)/g, "$1") ?? token];
  }
}

/** What an operator lets callers control. */
export interface ControlPolicy {
  /** The controls that callers may use. Omitted: all. */
  readonly allow?: readonly (keyof CacheControls)[] | undefined;
  /** The longest time to live that a caller may ask for; a longer one is cut to it. Omitted: any. */
  readonly maxTtl?: Duration | undefined;
}

export interface ClampedControls {
  /** What remains of the controls. */
  readonly controls: CacheControls;
  /** The controls that were taken away, or cut (`ttl`). */
  readonly refused: readonly (keyof CacheControls)[];
}

/** Applies an operator's policy to a caller's controls, and says which of them it took away, so that both refusing and capping can be built on it. */
export function clampControls(controls: CacheControls, policy: ControlPolicy): ClampedControls {
  const kept: Record<string, unknown> = {};
  const refused: (keyof CacheControls)[] = [];
  for (const name of controlNames) {
    if (controls[name] === undefined) continue;
    if (policy.allow === undefined || policy.allow.includes(name)) kept[name] = controls[name];
    else refused.push(name);
  }
  const { maxTtl } = policy;
  if (
    maxTtl !== undefined &&
    kept["ttl"] !== undefined &&
    parseDuration(kept["ttl"], "ttl") > parseDuration(maxTtl, "maxTtl")
  ) {
    kept["ttl"] = maxTtl;
    refused.push("ttl");
  }
  return { controls: kept, refused };
}
