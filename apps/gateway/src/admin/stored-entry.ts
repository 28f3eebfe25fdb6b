import { type Backend, type Content, contentKind, decodeContent, decodeEntry, isLlmCacheError } from "@llmcache/core";

/** An entry, as an operator sees it. */
export interface StoredEntry {
  readonly key: string;
  /** The stores that hold it. */
  readonly stores: readonly string[];
  readonly bytes: number;
  /** Epoch ms; `undefined`: never. */
  readonly createdAt: number;
  readonly freshUntil: number | undefined;
  readonly staleUntil: number | undefined;
  /** Whether it would be served now to a call that asks for nothing special, and why not. */
  readonly standing: "fresh" | "stale" | "expired" | "invalidated";
  readonly kind: string;
  readonly tags: readonly string[];
  /** Only where the configuration says so. */
  readonly content?: string | undefined;
  readonly prompt?: string | undefined;
}

/** What the content of an entry is called here. */
const kinds: ReadonlyMap<number, string> = new Map([
  [contentKind.json, "json"],
  [contentKind.coded, "json"],
  [contentKind.bytes, "bytes"],
  [contentKind.float32, "vector"],
  [contentKind.recording, "stream"],
]);

const mostShown = 64 * 1024;

/** Reads what each store holds under a key. @returns `undefined` where none holds anything, a code for what is no entry */
export async function readEntry(
  key: string,
  stores: readonly Backend[],
  showContent: boolean,
): Promise<StoredEntry | { readonly unreadable: string } | undefined> {
  const reads = await Promise.allSettled(stores.map((store) => store.get(key, { signal: AbortSignal.timeout(5_000) })));
  const held = reads.map((read) => (read.status === "fulfilled" ? read.value : undefined));
  const bytes = held.find((value) => value !== undefined);
  if (bytes === undefined) {
    const failed = reads.find((read) => read.status === "rejected");
    if (failed === undefined) return undefined;
    return { unreadable: isLlmCacheError(failed.reason) ? failed.reason.code : "BACKEND_FAILED" };
  }
  try {
    const { createdAt, freshUntil, staleUntil, tags = {}, content, prompt } = decodeEntry(bytes, key.split("/").at(-1));
    const now = Date.now();
    const isCurrent = await areCurrent(tags, stores);
    return {
      key,
      stores: stores.filter((_, index) => held[index] !== undefined).map(({ name }) => name),
      bytes: bytes.length,
      ...{ createdAt, freshUntil: finite(freshUntil), staleUntil: finite(staleUntil) },
      standing: !isCurrent ? "invalidated" : now < freshUntil ? "fresh" : now < staleUntil ? "stale" : "expired",
      kind: kinds.get(content.kind) ?? "unknown",
      // A tag has a generation for its scope, and one for the namespace.
      tags: [...new Set(Object.keys(tags).map((tagKey) => tagKey.split("/").at(-1) ?? tagKey))],
      ...(showContent && { prompt, content: textOf(content) }),
    };
  } catch (error) {
    if (isLlmCacheError(error)) return { unreadable: error.code };
    throw error;
  }
}

/** The last store holds the generations of tags, and a missing one is another one. */
async function areCurrent(tags: Readonly<Record<string, string>>, stores: readonly Backend[]): Promise<boolean> {
  const last = stores.at(-1);
  const held = await Promise.all(
    Object.entries(tags).map(async ([key, generation]) => {
      const bytes = await last?.get(key, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
      return bytes !== undefined && Buffer.from(bytes).toString("hex") === generation;
    }),
  );
  return held.every(Boolean);
}

function finite(time: number): number | undefined {
  return Number.isFinite(time) ? time : undefined;
}

/** Vectors and recordings are not for reading. */
function textOf(content: Content): string | undefined {
  if (kinds.get(content.kind) !== "json") return undefined;
  return JSON.stringify(decodeContent(content), undefined, 2).slice(0, mostShown);
}
