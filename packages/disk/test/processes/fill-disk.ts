import { rmSync, writeFileSync } from "node:fs";
import { DiskBackend } from "@llmcache/disk";
import { describeError } from "./describe-error.ts";

/** Fills a small disk beside a large file, then deletes that file and goes on. */
const [disk = ""] = process.argv.slice(2);
const ballast = `${disk}/ballast`;
writeFileSync(ballast, new Uint8Array(4_000_000));
await using backend = new DiskBackend({ directory: `${disk}/cache` });
const valueOf = (number: number) => new Uint8Array(10_000).fill(number % 251);

let stored = 0;
let failure: unknown;
while (failure === undefined && stored < 10_000) {
  await backend.put(`n/_/${stored}`, valueOf(stored)).then(
    () => stored++,
    (error: unknown) => (failure = error),
  );
}
const intactWhileFull = await countIntact();
rmSync(ballast);
await backend.put("n/_/afterwards", valueOf(1));
console.log(
  JSON.stringify({
    ...describeError(failure),
    stored,
    intactWhileFull,
    intactAfterwards: await countIntact(),
    goesOn: (await backend.get("n/_/afterwards")) !== undefined,
  }),
);

async function countIntact(): Promise<number> {
  let intact = 0;
  for (let number = 0; number < stored; number++) {
    const value = await backend.get(`n/_/${number}`);
    if (value !== undefined && Buffer.compare(value, valueOf(number)) === 0) intact++;
  }
  return intact;
}
