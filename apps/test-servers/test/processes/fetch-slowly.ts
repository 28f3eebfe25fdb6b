import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { fetchOnce } from "../../src/fetch-once.ts";

// Fetches a program that takes as long as it is told to, and notes each attempt.
const [services = "", milliseconds = "0"] = process.argv.slice(2);

await fetchOnce(services, "slow", {
  title: "something slow",
  pin: 1,
  fetch: async (folder) => {
    await appendFile(join(folder, "attempts"), "one\n");
    process.stdout.write("begun\n");
    await wait(Number(milliseconds));
    await writeFile(join(folder, "rest"), "");
  },
});
