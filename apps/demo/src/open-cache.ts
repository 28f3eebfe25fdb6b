import { Cache, type CacheOptions, memory, tiered } from "@llmcache/core";
import { DiskBackend } from "@llmcache/disk";

/** Where the demo keeps its answers, and how processes share their calls. */
export interface CacheSetting extends Pick<CacheOptions, "coalesce"> {
  readonly directory: string;
  readonly namespace: string;
}

/** The demo's cache: memory over a folder on the disk. */
export function openCache({ directory, namespace, coalesce }: CacheSetting): Cache {
  return new Cache({
    backend: tiered([memory({ maxBytes: 64e6 }), new DiskBackend({ directory })]),
    namespace,
    ttl: "1d",
    coalesce,
  });
}
