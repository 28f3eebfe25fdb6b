import { writeSync } from "node:fs";
import { DiskBackend } from "@llmcache/disk";

/** Puts entries, 16 at a time, and writes the number of each to standard output once it is acknowledged. */
const [directory = "", prefix = ""] = process.argv.slice(2);
const backend = new DiskBackend({ directory });
let next = 0;

async function work(): Promise<never> {
  for (;;) {
    const number = next++;
    await backend.put(`${prefix}/${number}`, new Uint8Array(3_000).fill(number % 251));
    writeSync(1, `${number}\n`);
  }
}

await Promise.all(Array.from({ length: 16 }, work));
