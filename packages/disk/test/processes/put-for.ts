import { DiskBackend } from "@llmcache/disk";

/** Puts entries of its own and counts up one that all share, for so many ms; writes how many of both were acknowledged. */
const [directory = "", prefix = "", ms = ""] = process.argv.slice(2);
await using backend = new DiskBackend({ directory });
const end = performance.now() + Number(ms);
let next = 0;
let increments = 0;

async function put(): Promise<void> {
  while (performance.now() < end) {
    const number = next++;
    await backend.put(`${prefix}/${number}`, new TextEncoder().encode(`${prefix} ${number}`));
  }
}

async function countUp(): Promise<void> {
  while (performance.now() < end) {
    const held = await backend.get("shared/_/count");
    const count = held === undefined ? 0 : Number(new TextDecoder().decode(held));
    if (await backend.swap("shared/_/count", held, new TextEncoder().encode(`${count + 1}`))) increments++;
  }
}

await Promise.all([...Array.from({ length: 8 }, put), countUp()]);
console.log(JSON.stringify({ puts: next, increments }));
