import { JsonLinesBackend } from "@llmcache/disk";

/** Puts so many entries of its own, one after another, and counts up one that all share as often. */
const [file = "", prefix = "", count = ""] = process.argv.slice(2);
const backend = new JsonLinesBackend({ file });
const encoder = new TextEncoder();
for (let number = 0; number < Number(count); number++) {
  await backend.put(`${prefix}/${number}`, encoder.encode(prefix));
  for (;;) {
    const held = await backend.get("shared");
    const next = Number(new TextDecoder().decode(held)) + 1;
    if (await backend.swap("shared", held, encoder.encode(`${next}`))) break;
  }
}
