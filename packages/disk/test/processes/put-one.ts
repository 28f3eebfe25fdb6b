import { DiskBackend } from "@llmcache/disk";

/** Puts one entry, and ends: it disposes of nothing. */
const [directory = "", key = ""] = process.argv.slice(2);
const backend = new DiskBackend({ directory });
await backend.put(key, new TextEncoder().encode(key));
