import { createHash } from "node:crypto";
import type { RedisClient } from "./client.ts";

/** A script that the server runs in one step for all of its clients. It is sent by its digest, and as a whole only where it is not known. */
export class Script {
  readonly #text: string;
  readonly #digest: string;

  /** @param text in Lua, with the key as `KEYS[1]` */
  constructor(text: string) {
    this.#text = text;
    this.#digest = createHash("sha1").update(text).digest("hex");
  }

  /** What it returns for a key and its arguments, `ARGV`. Texts in it are bytes. */
  async run(client: RedisClient, key: string, values: readonly (string | Buffer)[]): Promise<unknown> {
    try {
      return await client.callBuffer("EVALSHA", this.#digest, 1, key, ...values);
    } catch (error) {
      // A server forgets its scripts when it starts, and a replica that was promoted may never have seen this one.
      if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
      return client.callBuffer("EVAL", this.#text, 1, key, ...values);
    }
  }
}
