import { writeSync } from "node:fs";
import { DiskBackend } from "@llmcache/disk";

/** Reads, leaves the last write unawaited, and disposes of nothing. */
const [directory = ""] = process.argv.slice(2);
const backend = new DiskBackend({ directory });
await backend.put("a", Uint8Array.of(1));
writeSync(1, `read ${(await backend.get("a"))?.join()}\n`);
void backend.put("b", Uint8Array.of(2)).then(() => writeSync(1, "written\n"));
