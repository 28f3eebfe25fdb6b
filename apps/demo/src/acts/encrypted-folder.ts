import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Cache, encrypted } from "@llmcache/core";
import { DiskBackend } from "@llmcache/disk";
import { ask } from "../ask.ts";
import type { Stage } from "../stage.ts";
import { skyQuestion } from "./questions.ts";

const question = "What did the doctor say?";

/** What is on the disk can be read with the right key only. */
export async function encryptedFolder(stage: Stage): Promise<void> {
  const act = stage.begin(
    "Under lock and key",
    "The same disk cache, encrypted. Whoever takes the folder finds no word of an answer in it, and with another key there are no answers either.",
  );
  const directory = join(stage.directory, "encrypted");
  const cacheWith = (key: Uint8Array) => {
    const keys = { keys: { today: key }, current: "today" };
    return new Cache({
      backend: encrypted(new DiskBackend({ directory }), keys),
      namespace: stage.namespace,
      ttl: "1d",
    });
  };
  const cache = cacheWith(randomBytes(32));
  const client = stage.clientOver(cache);
  const first = await ask(stage, act, "the first time", question, { client });
  await cache.flush();
  const second = await ask(stage, act, "the second time", question, { client });
  await cache[Symbol.asyncDispose]();
  const isReadable = await holdsText(directory, first.text.slice(0, 20));
  const plain = await ask(stage, act, "an entry in the clear", skyQuestion);
  const isPlainReadable = await holdsText(stage.directory, plain.text.slice(0, 20));
  await using locked = cacheWith(randomBytes(32));
  const headers = { "cache-control": "only-if-cached" };
  const third = await ask(stage, act, "with another key", question, { client: stage.clientOver(locked), headers });
  act.show("");
  act.expect("with the key the second time was a hit", second.status.startsWith("hit") && second.id === first.id);
  act.expect(
    "its words stand nowhere in the folder, as those of a plain entry do in theirs",
    isPlainReadable && !isReadable,
  );
  act.expect("with another key nothing was found, and nothing was paid", third.status === "error 504");
}

async function holdsText(directory: string, text: string): Promise<boolean> {
  const files = await readdir(directory, { withFileTypes: true });
  const contents = await Promise.all(
    files.filter((file) => file.isFile()).map((file) => readFile(join(directory, file.name))),
  );
  return contents.some((content) => content.includes(text));
}
