import { encodeCanonical, withCanonicalForm, withEach, withPieces } from "./canonical.ts";
import { objectHeader, type Piece, type ValuePiece } from "./canonical-writer.ts";
import { isPlainObject } from "./plain-object.ts";
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
  /** As `Wording` has it. Only where `semantic` asked, the call has such a turn, and the key is not the caller's own. */
  readonly scopeDigest?: string;
  /** With `scopeDigest`. */
  readonly prompt?: string;
}

/** A call by what it says and by what it says it in. */
export interface Wording {
  /** The digest of all but the wording of the last user turn, 64 hex digits. */
  readonly scopeDigest: string;
  /** The wording of the last user turn. */
  readonly prompt: string;
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
  const { ignore, modelGroups, keyOf, promptOf: findPrompt } = options;
  const isPlain = ignore === undefined && modelGroups === undefined && keyOf === undefined && findPrompt === undefined;
  return (isPlain ? withoutRules : new KeyDeriver(options)).derive(call, options);
}

/** Rules, validated once, that derive the keys of many calls. */
export class KeyDeriver {
  readonly #ignored: ReadonlySet<string>;
  /** What does not count in the first step. */
  readonly #omitted: ReadonlySet<string>;
  readonly #groups: ReadonlyMap<string, string>;
  readonly #keyOf: KeyRules["keyOf"];
  readonly #promptOf: NonNullable<KeyRules["promptOf"]>;
  /** Of the last call: most calls of a program are of one kind, and to make this anew takes as long as the rest of a small call's key. */
  #surroundings: Surroundings | undefined;

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

  /** At once, unless the call holds a `Blob`, or the runtime hashes only asynchronously. @throws {TypeError} as `deriveKey` */
  derive(call: Call, place: KeyPlace): DerivedKey | Promise<DerivedKey> {
    const ownKey = this.#ownKey(call, place);
    const digest = ownKey === undefined ? this.#callDigest(call, place) : ownDigest(call, place, ownKey);
    const prefix = this.#around(call.operation, place).keyPrefix;
    if (typeof digest === "string" && typeof prefix === "string" && place.semantic !== true) {
      return { key: `${prefix}${digest}`, digest };
    }
    return this.#deriveSlowly(call, place, prefix, digest);
  }

  async #deriveSlowly(
    call: Call,
    place: KeyPlace,
    prefix: string | Promise<string>,
    hashed: string | Promise<string>,
  ): Promise<DerivedKey> {
    const digest = await hashed;
    const key = `${await prefix}${digest}`;
    return { key, digest, ...(place.semantic === true && (await this.deriveWording(call, place))) };
  }

  /**
   * What a call says, and the digest of all the rest. `undefined` for a call that ends otherwise, and where the key is the caller's own: it may
   * stand for something that the call does not tell. @throws {TypeError} as `deriveKey`, and for a `promptOf` that gives something else
   */
  async deriveWording(call: Call, place: KeyPlace): Promise<Wording | undefined> {
    if (this.#ownKey(call, place) !== undefined) return undefined;
    const turn = this.#promptOf(call);
    if (turn === undefined) return undefined;
    if (typeof turn.prompt !== "string")
      throw new TypeError(`promptOf must give a prompt that is a string, got ${describeType(turn.prompt)}`);
    return { scopeDigest: await this.#callDigest(turn.rest, place), prompt: turn.prompt };
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
    const prefix = await this.#around(call.operation, place).keyPrefix;
    const ownKey = this.#ownKey(call, place);
    const shared = await (ownKey === undefined
      ? this.#sharedDigest({ ...call, params }, place)
      : ownDigest(call, place, ownKey));
    const hashed = withEach(inputHead, Array.from(inputs, inputPiece), sharedTail(shared), sha256);
    const digests = hashed.map((digest, index) => (inputs[index] === undefined ? shared : digest));
    const derived = (digest: string): DerivedKey => ({ key: `${prefix}${digest}`, digest });
    const areHere = digests.every((digest) => typeof digest === "string");
    return areHere ? digests.map(derived) : (await Promise.all(digests)).map(derived);
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

  /** Where there is an input, the second step: what the first stands for, with the input. */
  #callDigest(call: Call, place: KeyPlace): string | Promise<string> {
    const input = isPlainObject(call.params) ? call.params["input"] : undefined;
    const shared = this.#sharedDigest(call, place);
    if (input === undefined) return shared;
    return typeof shared === "string"
      ? inputDigest(sharedTail(shared), input)
      : shared.then((digest) => inputDigest(sharedTail(digest), input));
  }

  /** The digest of all but `params.input`, which has a step of its own so that a batch hashes the rest once. */
  #sharedDigest(call: Call, place: KeyPlace): string | Promise<string> {
    const { operation, params, context } = this.#groups.size === 0 ? call : this.#grouped(call);
    if (params === undefined) return withCanonicalForm({ ...address(operation, place), context }, "call", sha256);
    const around = this.#around(operation, place);
    const omitted = isPlainObject(params) ? this.#omitted : undefined;
    const counted: Piece = { value: params, path: ["call", "params"], omitted };
    if (context === undefined) return withPieces([around.head, counted, around.after], sha256);
    const extra: Piece = { value: context, path: ["call", "context"] };
    return withPieces([around.headWithContext, extra, around.before, counted, around.after], sha256);
  }

  #around(operation: string, { namespace = defaultNamespace, scope }: KeyPlace): Surroundings {
    const last = this.#surroundings;
    if (last?.operation === operation && last.namespace === namespace && last.scope === scope) return last;
    return (this.#surroundings = surroundingsOf(operation, namespace, scope));
  }
}

/** What is the same for all calls of an operation in a place: what every key begins with, and the preimage around the params and the context. */
interface Surroundings {
  readonly operation: string;
  readonly namespace: string;
  readonly scope: string | undefined;
  readonly keyPrefix: string | Promise<string>;
  /** What goes before the params where there is no context. */
  readonly head: Uint8Array;
  /** What goes before the context, and what then goes before the params. */
  readonly headWithContext: Uint8Array;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** The members of the preimage in the order of their names: context, namespace, operation, params, schema, scope. */
function surroundingsOf(operation: string, namespace: string, scope: string | undefined): Surroundings {
  const members = scope === undefined ? 4 : 5;
  const scopeMember = scope === undefined ? [] : ["scope", scope];
  const before = concatenate(["namespace", namespace, "operation", operation, "params"].map(encodeCanonical));
  return {
    operation,
    namespace,
    scope,
    keyPrefix: keyPrefix({ namespace, scope }),
    head: concatenate([objectHeader(members), before]),
    headWithContext: concatenate([objectHeader(members + 1), encodeCanonical("context")]),
    before,
    after: concatenate(["schema", keySchema, ...scopeMember].map(encodeCanonical)),
  };
}

/** Derives by no rules but the built-in ones. */
const withoutRules: KeyDeriver = new KeyDeriver();

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

/** The preimage of the second step, `{ input, shared }`, up to the input. */
const inputHead: Uint8Array = concatenate([objectHeader(2), encodeCanonical("input")]);

/** The same after the input. */
function sharedTail(shared: string): Uint8Array {
  return concatenate([encodeCanonical("shared"), encodeCanonical(shared)]);
}

function inputPiece(input: unknown): ValuePiece {
  return { value: input, path: ["call.params", "input"] };
}

function inputDigest(tail: Uint8Array, input: unknown): string | Promise<string> {
  return withPieces([inputHead, inputPiece(input), tail], sha256);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
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
