import process from "node:process";
import { DiskBackend } from "@llmcache/disk";

/** Puts entries, 16 at a time, and writes the number of each to standard output once it is acknowledged. */
const [directory = "", prefix = ""] = process.argv.slice(2);
const backend = new DiskBackend({ directory });
let next = 0;

async function work(): Promise<never> {
  for (;;) {
    const number = next++;
    await backend.put(`${prefix}/${number}`, new Uint8Array(3_000).fill(number % 251));
    // Waits for a reader who is slow: whoever has a writer thread finds that a full pipe refuses what `writeSync` gives it.
    await new Promise((resolve) => process.stdout.write(`${number}\n`, resolve));
  }
}

await Promise.all(Array.from({ length: 16 }, work));
