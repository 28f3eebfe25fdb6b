import type { NearestEntry } from "@llmcache/core";
import { allTried, ownBytes, Script } from "@llmcache/redis/commands";
import { createHash } from "node:crypto";
import { type EntryRecord, float32Bytes } from "./record.ts";
import type { RedisSemanticSettings } from "./redis-semantic-options.ts";
import type { VectorIndex } from "./vector-index.ts";
import type { Before } from "./write-script.ts";

/** How many candidates the walk through a graph keeps. */
const candidates = 256;

/** How many elements of a set are looked at for those that have not expired. */
const mostFiltered = 10_000;

/** An element without its entry is removed when it has been there for so long, in ms: before that its entry may still be on its way. */
const graceMs = 60_000;

/**
 * KEYS: a vector set. ARGV: the vector, the element, its attributes, and the epoch ms until which the set is kept at least, or "" for ever.
 */
const addScript = new Script(`
local isNew = redis.call("EXISTS", KEYS[1]) == 0
redis.call("VADD", KEYS[1], "FP32", ARGV[1], ARGV[2], "NOQUANT", "EF", "200", "SETATTR", ARGV[3])
if ARGV[4] == "" then redis.call("PERSIST", KEYS[1])
elseif isNew then redis.call("PEXPIREAT", KEYS[1], ARGV[4])
else redis.call("PEXPIREAT", KEYS[1], ARGV[4], "GT") end
`);

/** An element as a search gives it. */
interface Neighbour {
  readonly element: string;
  readonly score: number;
}

/**
 * A vector set for each scope, whose elements are the entries: named for the key and for the vector, so that what a key had before is never taken for
 * what it has. An element counts only if the hash of its entry names it; others are left over, and removed when they are met.
 */
export class VectorSets implements VectorIndex {
  readonly #settings: RedisSemanticSettings;

  constructor(settings: RedisSemanticSettings) {
    this.#settings = settings;
  }

  /** A set is made with its first element. Its name says what is in it. */
  async prepare(): Promise<void> {}

  fieldsOf({ key, placement }: EntryRecord): EntryRecord["fields"] {
    if (placement === undefined) return [];
    return [
      ["scope", placement.scope],
      ["element", elementOf(key, placement.vector)],
    ];
  }

  async follow(_stored: string, { key, placement, expiresAt, ttlMs }: EntryRecord, before: Before): Promise<void> {
    const { client } = this.#settings;
    const element = placement && elementOf(key, placement.vector);
    if (placement !== undefined && element !== undefined) {
      const attributes = JSON.stringify({ exp: expiresAt, at: Date.now() });
      const until = ttlMs === undefined ? "" : `${Math.max(expiresAt, Date.now()) + graceMs}`;
      await addScript.run(client, this.#setOf(placement.scope), [
        float32Bytes(placement.vector),
        element,
        attributes,
        until,
      ]);
    }
    if (before.scope !== placement?.scope || before.element !== element) await this.#forget(before);
  }

  async remove(keys: readonly string[]): Promise<void> {
    const { client } = this.#settings;
    await allTried(
      keys.map(async (key) => {
        const [scope, element] = await client.hmget(key, "scope", "element");
        await client.unlink(key);
        await this.#forget({ scope: scope ?? undefined, element: element ?? undefined });
      }),
    );
  }

  async nearest(scope: string, vector: Float32Array, limit: number): Promise<NearestEntry[]> {
    const seen = new Set<string>();
    const found: NearestEntry[] = [];
    for (let count = limit; ; count *= 4) {
      const neighbours = await this.#search(scope, vector, Math.min(count, mostFiltered));
      const fresh = neighbours.filter(({ element }) => !seen.has(element));
      for (const { element } of fresh) seen.add(element);
      found.push(...(await this.#entriesOf(scope, fresh)));
      // Left-overs take places that entries should have.
      if (found.length >= limit || neighbours.length < count || count >= mostFiltered) return found.slice(0, limit);
    }
  }

  async #search(scope: string, vector: Float32Array, count: number): Promise<Neighbour[]> {
    const { client, search } = this.#settings;
    const reply = await client.call(
      ...["VSIM", this.#setOf(scope), "FP32"],
      float32Bytes(vector),
      ...["WITHSCORES", "COUNT", count, "EF", Math.max(candidates, count)],
      ...["FILTER", `.exp >= ${Date.now()}`, "FILTER-EF", mostFiltered],
      ...(search === "exact" ? ["TRUTH"] : []),
    );
    return parseNeighbours(reply);
  }

  /** The entries of elements that still are what their entry has, best first. */
  async #entriesOf(scope: string, neighbours: readonly Neighbour[]): Promise<NearestEntry[]> {
    const { client, space } = this.#settings;
    const entries = await Promise.all(
      neighbours.map(async ({ element, score }) => {
        const key = `${space}:${keyOf(element)}`;
        const [value, heldScope, heldElement, exp] = await client.hmgetBuffer(key, "value", "scope", "element", "exp");
        const isHeld = String(heldScope) === scope && String(heldElement) === element && Number(exp) >= Date.now();
        const bytes = isHeld ? ownBytes(value) : undefined;
        return bytes === undefined ? { element } : { entry: { key, value: bytes, score } };
      }),
    );
    for (const { element } of entries) if (element !== undefined) void this.#sweep(scope, element);
    return entries.flatMap(({ entry }) => entry ?? []);
  }

  /** Removes an element that nothing stands behind, unless it is so new that its entry may be on its way. */
  async #sweep(scope: string, element: string): Promise<void> {
    const { client } = this.#settings;
    const attributes = String(await client.call("VGETATTR", this.#setOf(scope), element));
    const { at = 0 } = (JSON.parse(attributes) ?? {}) as { readonly at?: number };
    if (Date.now() - at > graceMs) await this.#forget({ scope, element });
  }

  async #forget({ scope, element }: Before): Promise<void> {
    if (scope === undefined || element === undefined) return;
    await this.#settings.client.call("VREM", this.#setOf(scope), element);
  }

  #setOf(scope: string): string {
    return `${this.#settings.space}#${scope}`;
  }
}

/** Reads what VSIM answers: names and scores in turn, or by RESP3 a map of them, in whatever form the client gives it. */
export function parseNeighbours(reply: unknown): Neighbour[] {
  const pairs: (readonly [unknown, unknown])[] = Array.isArray(reply)
    ? reply.flatMap((name: unknown, index) => (index % 2 === 0 ? [[name, reply[index + 1]] as const] : []))
    : [...(reply instanceof Map ? reply : Object.entries(reply ?? {}))];
  return pairs
    .map(([element, score]) => ({ element: String(element), score: 2 * Number(score) - 1 }))
    .toSorted((left, right) => right.score - left.score);
}

/** No key has a "#" in it, so that a name is never a number, which a map of RESP3 would sort before all others. */
function elementOf(key: string, vector: Float32Array): string {
  return `${key}#${createHash("sha256").update(float32Bytes(vector)).digest("hex").slice(0, 16)}`;
}

function keyOf(element: string): string {
  return element.slice(0, element.lastIndexOf("#"));
}
