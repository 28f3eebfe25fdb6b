import { DiskBackend } from "@llmcache/disk";
import { describeError } from "./describe-error.ts";

/** Tries to read and to write, and writes what each rejects with. */
const [directory = ""] = process.argv.slice(2);
await using backend = new DiskBackend({ directory });
const operations = {
  get: () => backend.get("a"),
  put: () => backend.put("a", Uint8Array.of(1)),
  ping: () => backend.ping(),
};
const results: Record<string, unknown> = {};
for (const [name, operation] of Object.entries(operations)) {
  results[name] = await operation().then(
    () => "resolved",
    (error: unknown) => describeError(error),
  );
}
console.log(JSON.stringify(results));
