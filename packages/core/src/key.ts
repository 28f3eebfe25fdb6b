import { isPlainObject, withCanonicalForm } from "./canonical.ts";
import { sha256 } from "./hash.ts";
import { describeType } from "./describe-type.ts";
import { encodeSegment, unscopedSegment } from "./key-segment.ts";
import { type PromptParts, promptOf } from "./prompt.ts";

/** A call of a model: everything that can change its answer, and nothing else. */
export interface Call {
  /** What is asked of the model: `"chat"`, `"responses"`, `"messages"`, `"embedding"`, … or any other name. */
  readonly operation: string;
  /** The body that is sent. All of it counts, except what is known not to matter. */
  readonly params: unknown;
  /** What else can change the answer: endpoint, lower-cased headers that count. All of it counts. */
  readonly context?: unknown;
}

/** How keys are derived. Every process that shares a store should use the same rules. */
export interface KeyRules {
  /** Names of members of `params` that do not change the answer, besides `stream` and `stream_options`. @default [] */
  readonly ignore?: readonly string[] | undefined;
  /** Models whose answers are interchangeable: `model` and `context.endpoint` count as the group's first name. @default [] */
  readonly modelGroups?: readonly (readonly string[])[] | undefined;
  /** A key of the caller's own in place of the one derived from `params` and `context`; `undefined` derives it after all. */
  readonly keyOf?: ((call: Call) => string | undefined) | undefined;
  /** Finds the wording of the last user turn. @default `promptOf`, which knows the common shapes */
  readonly promptOf?: ((call: Call) => PromptParts | undefined) | undefined;
}

/** Where a key belongs. */
export interface KeyPlace {
  /** @default "default" */
  readonly namespace?: string | undefined;
  /** The tenant. Omitted: none, which is a place of its own. */
  readonly scope?: string | undefined;
  /** The caller's own key in place of `params` and `context`; still bound to namespace, scope and operation. */
  readonly key?: string | undefined;
  /** Also derive `scopeDigest` and `prompt`. @default false */
  readonly semantic?: boolean | undefined;
}

export interface DerivedKey {
  /** `<namespace>/<scope>/<digest>`, safe for every backend. */
  readonly key: string;
  /** SHA-256 as 64 hex digits. */
  readonly digest: string;
  /** The digest of all but the wording of the last user turn. Only where `semantic` asked, and the call has such a turn. */
  readonly scopeDigest?: string;
  /** The wording of the last user turn. With `scopeDigest`. */
  readonly prompt?: string;
}

/** The first member of every preimage. Another value is another key format. */
const keySchema = "llmcache-key-1";

/** The namespace of a cache that was given none. */
const defaultNamespace = "default";

const transport = ["stream", "stream_options"];

/**
 * Derives the key of a call: equal calls have one key, and calls that could be answered differently never share one.
 * Specified, with golden vectors, in `docs/key-format.md`.
 *
 * @throws {TypeError} for a call that has no key (a function, a cycle, …), naming the path.
 */
export async function deriveKey(call: Call, options: KeyPlace & KeyRules = {}): Promise<DerivedKey> {
  return new KeyDeriver(options).derive(call, options);
}

/** Rules, validated once, that derive the keys of many calls. */
export class KeyDeriver {
  readonly #ignored: ReadonlySet<string>;
  /** What does not count in the first step. */
  readonly #omitted: ReadonlySet<string>;
  readonly #groups: ReadonlyMap<string, string>;
  readonly #keyOf: KeyRules["keyOf"];
  readonly #promptOf: NonNullable<KeyRules["promptOf"]>;

  /** @throws {TypeError} for a model that is in two groups, and where `input` is to be ignored */
  constructor(rules: KeyRules = {}) {
    if (rules.ignore?.includes("input") === true)
      throw new TypeError("ignore: input is what a batch tells its answers apart by");
    this.#ignored = new Set([...transport, ...(rules.ignore ?? [])]);
    this.#omitted = new Set([...this.#ignored, "input"]);
    this.#groups = indexGroups(rules.modelGroups ?? []);
    this.#keyOf = rules.keyOf;
    this.#promptOf = rules.promptOf ?? promptOf;
  }

  async derive(call: Call, place: KeyPlace): Promise<DerivedKey> {
    const ownKey = this.#ownKey(call, place);
    const derived = ownKey === undefined ? this.#callDigest(call, place) : ownDigest(call, place, ownKey);
    const digest = typeof derived === "string" ? derived : await derived;
    const prefix = keyPrefix(place);
    const key = `${typeof prefix === "string" ? prefix : await prefix}${digest}`;
    const turn = place.semantic === true ? this.#promptOf(call) : undefined;
    if (turn === undefined) return { key, digest };
    return { key, digest, scopeDigest: await this.#callDigest(turn.rest, place), prompt: turn.prompt };
  }

  /**
   * The keys of calls that differ in `params.input` alone: each equals the key of that single call. Only a key that `place` gives to
   * the whole batch is bound to each input besides, because the inputs cannot share one answer.
   */
  async deriveMany(call: Call, inputs: readonly unknown[], place: KeyPlace): Promise<DerivedKey[]> {
    const { params = {} } = call;
    if (!isPlainObject(params)) throw new TypeError("params of a batch must be a plain object");
    if (place.key === undefined && this.#keyOf !== undefined) {
      return Promise.all(Array.from(inputs, (input) => this.derive({ ...call, params: { ...params, input } }, place)));
    }
    const prefix = await keyPrefix(place);
    const ownKey = this.#ownKey(call, place);
    const shared = await (ownKey === undefined
      ? this.#sharedDigest({ ...call, params }, place)
      : ownDigest(call, place, ownKey));
    const digests = await Promise.all(Array.from(inputs, (input) => inputDigest(shared, input)));
    return digests.map((digest) => ({ key: `${prefix}${digest}`, digest }));
  }

  /** What of a call counts: the caller's own key, or the call without what does not count, its model replaced by the model's group. */
  counted(call: Call): Call | { readonly operation: string; readonly key: string } {
    const key = this.#ownKey(call, {});
    return key === undefined ? this.#normalize(call) : { operation: call.operation, key };
  }

  #ownKey(call: Call, place: KeyPlace): string | undefined {
    const key: unknown = place.key ?? this.#keyOf?.(call);
    if (key !== undefined && typeof key !== "string")
      throw new TypeError(`key must be a string, got ${describeType(key)}`);
    return key;
  }

  #normalize({ operation, params, context }: Call): Call {
    if (!isPlainObject(params)) return { operation, params, context };
    const counted = Object.entries(params).filter(([name, value]) => value !== undefined && !this.#ignored.has(name));
    return this.#grouped({ operation, params: fromEntries(counted), context });
  }

  /** The call with its model replaced by the model's group. */
  #grouped(call: Call): Call {
    const { operation, params, context } = call;
    const model = this.#groups.size > 0 && isPlainObject(params) ? params["model"] : undefined;
    const group = typeof model === "string" ? this.#groups.get(model) : undefined;
    if (group === undefined) return call;
    // What is no object has no endpoint to replace.
    const interchangeable = context === undefined || isPlainObject(context);
    return {
      operation,
      params: fromEntries([...Object.entries(params as object), ["model", group]]),
      context: interchangeable ? fromEntries([...Object.entries(context ?? {}), ["endpoint", group]]) : context,
    };
  }

  #callDigest(call: Call, place: KeyPlace): string | Promise<string> {
    const input = isPlainObject(call.params) ? call.params["input"] : undefined;
    const shared = this.#sharedDigest(call, place);
    return typeof shared === "string"
      ? inputDigest(shared, input)
      : shared.then((digest) => inputDigest(digest, input));
  }

  /** The digest of all but `params.input`, which has a step of its own so that a batch hashes the rest once. */
  #sharedDigest(call: Call, place: KeyPlace): string | Promise<string> {
    const { operation, params, context } = this.#grouped(call);
    const { schema, namespace, scope } = address(operation, place);
    const preimage = { context, namespace, operation, params, schema, scope };
    return withCanonicalForm(
      preimage,
      "call",
      sha256,
      isPlainObject(params) ? { from: params, names: this.#omitted } : undefined,
    );
  }
}

/** What every key of a namespace's scope begins with; without a scope, every key that is in none. */
export function keyPrefix(place: KeyPlace): string | Promise<string> {
  const namespace = namespacePrefix(place);
  const scope = place.scope === undefined ? unscopedSegment : encodeSegment(place.scope);
  if (typeof namespace === "string" && typeof scope === "string") return `${namespace}${scope}/`;
  return Promise.all([namespace, scope]).then(([first, second]) => `${first}${second}/`);
}

/** What every key of a namespace begins with. */
export function namespacePrefix({ namespace = defaultNamespace }: KeyPlace): string | Promise<string> {
  const segment = encodeSegment(namespace);
  return typeof segment === "string" ? `${segment}/` : segment.then((encoded) => `${encoded}/`);
}

function address(operation: string, place: KeyPlace): Record<string, string | undefined> {
  return { schema: keySchema, namespace: place.namespace ?? defaultNamespace, scope: place.scope, operation };
}

function ownDigest(call: Call, place: KeyPlace, key: string): string | Promise<string> {
  return withCanonicalForm({ ...address(call.operation, place), key }, "call", sha256);
}

/** The second step: what `shared` stands for, with an input. Without one there is no second step. */
function inputDigest(shared: string, input: unknown): string | Promise<string> {
  return input === undefined ? shared : withCanonicalForm({ shared, input }, "call.params", sha256);
}

function indexGroups(groups: readonly (readonly string[])[]): Map<string, string> {
  const groupOf = new Map<string, string>();
  for (const group of groups) {
    for (const model of group) {
      if (groupOf.has(model)) throw new TypeError(`modelGroups: a model is in two groups or twice in one: ${model}`);
      groupOf.set(model, group[0] ?? model);
    }
  }
  return groupOf;
}

/** An object of its own from entries; a member called `__proto__` is a member like any other. */
function fromEntries(entries: Iterable<readonly [string, unknown]>): Record<string, unknown> {
  const result = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of entries) result[name] = value;
  return result;
}
