import type { Entry } from "@llmcache/core";

/** What the content of an entry is, in the order of core's numbers for it. The last is JSON too, with other names inside. */
const names: readonly string[] = ["json", "bytes", "vector", "stream", "json"];

/** What kind of answer it is. */
export function contentName({ kind }: Entry["content"]): string {
  return names[kind] ?? "unknown";
}
