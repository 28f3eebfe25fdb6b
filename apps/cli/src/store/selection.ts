import { type Backend, encodeSegment, type OperationOptions, unscopedSegment } from "@llmcache/core";
import { entryOf, type Inspection } from "./inspect-entry.ts";
import { isDigest, type ParsedKey, parseKey } from "./parsed-key.ts";
import { UsageError } from "../usage-error.ts";

/** The options by which commands pick entries. */
export const selectionOptions = {
  namespace: { type: "string" },
  scope: { type: "string" },
  tag: { type: "string", multiple: true },
  key: { type: "string", multiple: true },
} as const;

/** What the help of those commands says of them. */
export const selectionHelp = `  --namespace NAME   only this namespace
  --scope NAME       only this scope
  --tag NAME         only entries with this tag; may be repeated: any of them
  --key KEY          only this entry, by its key or its digest; may be repeated`;

type Place = Pick<ParsedKey, "namespace" | "scope">;

/** How entries were picked. */
export interface Picks {
  readonly namespace?: string | undefined;
  readonly scope?: string | undefined;
  readonly tag?: readonly string[] | undefined;
  readonly key?: readonly string[] | undefined;
}

/** The entries of a store that were picked: all of them, if nothing was said. */
export class Selection {
  readonly #namespace: string | undefined;
  readonly #scope: string | undefined;
  readonly #tags: ReadonlySet<string>;
  /** The digests of the keys that were named. */
  readonly #names: ReadonlySet<string>;
  /** Those keys, if all are known in full, so that none has to be searched for. */
  readonly #keys: readonly string[] | undefined;

  /** By segments. Keys that share a place say themselves where it is. */
  private constructor(place: Partial<Place>, tags: readonly string[], keys: readonly string[]) {
    const parsed = keys.map(parseKey);
    const [first] = parsed;
    const isKnown = first !== undefined && parsed.every((key) => key !== undefined);
    const isShared = isKnown && parsed.every((key) => key?.namespace === first.namespace && key.scope === first.scope);
    this.#namespace = place.namespace ?? (isShared ? first.namespace : undefined);
    this.#scope = place.scope ?? (isShared ? first.scope : undefined);
    this.#tags = new Set(tags);
    this.#names = new Set(keys.map((key, index) => parsed[index]?.name ?? key));
    this.#keys = isKnown ? [...new Set(keys)] : undefined;
  }

  /** @throws {UsageError} for a key that is none */
  static async of({ namespace, scope, tag = [], key = [] }: Picks): Promise<Selection> {
    for (const one of key) {
      const parsed = parseKey(one);
      if (!isDigest(one) && (parsed === undefined || parsed.record !== undefined))
        throw new UsageError("--key must be an entry's key (namespace/scope/digest), or its digest of 64 hex digits");
    }
    const place = {
      ...(namespace !== undefined && { namespace: await encodeSegment(namespace) }),
      ...(scope !== undefined && { scope: await encodeSegment(scope) }),
    };
    return new Selection(place, await Promise.all(tag.map(encodeSegment)), key);
  }

  /** Whether a key is among those picked, as far as the key tells: of an entry, or of a record of the same place. */
  matches(key: ParsedKey | undefined): boolean {
    if (key === undefined) return this.#namespace === undefined && this.#scope === undefined && this.#names.size === 0;
    if (this.#namespace !== undefined && key.namespace !== this.#namespace) return false;
    if (this.#scope !== undefined && key.scope !== this.#scope) return false;
    return this.#names.size === 0 || key.record === "tag" || this.#names.has(key.name);
  }

  /** Whether entries are picked by tags. */
  get namesTags(): boolean {
    return this.#tags.size > 0;
  }

  /** Whether it is the record of a tag that was named, in the place that was. */
  namesTag(key: ParsedKey): boolean {
    return key.record === "tag" && this.#tags.has(key.name) && this.matches(key);
  }

  /** Whether picked entries may depend on a record: a tag has a generation for the whole namespace, and one for each scope. */
  mayNeed(key: ParsedKey): boolean {
    const isOfNamespace = key.record === "tag" && key.scope === unscopedSegment;
    return this.matches(isOfNamespace ? { ...key, scope: this.#scope ?? key.scope } : key);
  }

  /** Whether an entry has one of the tags that were named. What cannot be read has none that are known. */
  matchesTags(found: Inspection): boolean {
    if (this.#tags.size === 0) return true;
    const tagKeys = Object.keys(entryOf(found)?.tags ?? {});
    return tagKeys.some((tagKey) => this.#tags.has(parseKey(tagKey)?.name ?? ""));
  }

  /** The keys of the entries, and of what lies where entries should. */
  async *entryKeys(store: Backend, options: OperationOptions): AsyncGenerator<string> {
    if (this.#keys !== undefined) {
      yield* this.#keys.filter((key) => this.matches(parseKey(key)));
      return;
    }
    for await (const key of this.allKeys(store, options)) {
      const parsed = parseKey(key);
      if (parsed?.record === undefined && this.matches(parsed)) yield key;
    }
  }

  /** The keys of the records that the entries may need, and of all that lies beside them: what is none of either is for the caller to pass over. */
  async *surroundingKeys(store: Backend, options: OperationOptions): AsyncGenerator<string> {
    yield* this.allKeys(store, options);
    if (this.#namespace === undefined || this.#scope === undefined || this.#scope === unscopedSegment) return;
    yield* listKeys(store, `${this.#namespace}/${unscopedSegment}/_tag/`, options);
  }

  /** Everything in the namespace and the scope, core's own records included, as far as a listing can tell them from others. */
  allKeys(store: Backend, options: OperationOptions): AsyncGenerator<string> {
    const scope = this.#scope === undefined ? "" : `${this.#scope}/`;
    return listKeys(store, this.#namespace === undefined ? "" : `${this.#namespace}/${scope}`, options);
  }
}

async function* listKeys(store: Backend, prefix: string, options: OperationOptions): AsyncGenerator<string> {
  if (store.list === undefined) throw new Error(`${store.name} cannot list its keys`);
  for await (const key of store.list(prefix, options)) if (key.startsWith(prefix)) yield key;
}
