import { Cache, memory, tiered } from "@llmcache/core";
import { DiskBackend } from "@llmcache/disk";

/** The demo's cache: memory over a folder on the disk. */
export function openCache({ directory, namespace }: { readonly directory: string; readonly namespace: string }): Cache {
  return new Cache({
    backend: tiered([memory({ maxBytes: 64e6 }), new DiskBackend({ directory })]),
    namespace,
    ttl: "1d",
  });
}
