import { type Backend, Cache, type CacheOptions, type RunOptions } from "@llmcache/core";
import { DiskBackend } from "@llmcache/disk";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A folder that goes when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "llmcache-cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder for a store, and its URL. */
export function diskStore(): { readonly directory: string; readonly url: string } {
  const directory = join(temporaryFolder(), "answers");
  return { directory, url: `disk:${directory}` };
}

/** Works on a store of a folder, and closes it. */
export async function onDisk<Result>(directory: string, work: (backend: Backend) => Promise<Result>): Promise<Result> {
  await using backend = new DiskBackend({ directory });
  return await work(backend);
}

export interface Stored extends Pick<RunOptions, "scope" | "tags" | "ttl" | "namespace"> {
  readonly question: string;
  readonly answer?: unknown;
}

/** The call of a question. */
function callOf(question: string) {
  return { operation: "chat", params: { model: "m", prompt: question } };
}

/** A busy machine must not keep an answer from being stored, or found. */
const defaults = { namespace: "support", keepOpen: true, readTimeout: "60s" } as const;

/** Stores answers as a program would. */
export async function store(
  backend: Backend,
  entries: readonly Stored[],
  options: Partial<CacheOptions> = {},
): Promise<void> {
  await using cache = new Cache({ ...defaults, backend, ...options });
  await Promise.all(
    entries.map(({ question, answer = { text: `an answer to ${question}` }, ...controls }) =>
      cache.put(callOf(question), answer, controls),
    ),
  );
  await cache.flush();
}

/** How a program finds an answer: `"hit"`, `"miss"`, … */
export async function statusOf(
  backend: Backend,
  { question, ...controls }: Stored,
  options: Partial<CacheOptions> = {},
) {
  await using cache = new Cache({ ...defaults, backend, ...options });
  const { status, value } = await cache.run(callOf(question), () => "made anew", { ...controls, noStore: true });
  return status === "hit" ? value : status;
}

/** All that a store holds. */
export async function contentsOf(backend: Backend): Promise<ReadonlyMap<string, string>> {
  const contents = new Map<string, string>();
  for await (const key of backend.list?.("") ?? [])
    contents.set(key, Buffer.from((await backend.get(key)) ?? []).toString("base64"));
  return new Map([...contents].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** The keys of a store's entries, without core's own records. */
export async function entryKeys(backend: Backend): Promise<string[]> {
  return [...(await contentsOf(backend)).keys()].filter((key) => !key.includes("/_"));
}
