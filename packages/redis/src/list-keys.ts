import { primariesOf, type RedisClient } from "./client.ts";

/** How many keys a server looks at before it lets others have their turn: a fraction of a millisecond. */
const keysPerStep = 1_000;

/** How to send something, so that it can be aborted and its errors are explained. */
export type Send = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** Every key that starts with `prefix` on any primary, each once: a scan may give a key again, and so may a node that it has moved to. */
export async function* listKeys(client: RedisClient, prefix: string, send: Send): AsyncGenerator<string> {
  const pattern = `${prefix.replaceAll(/[*?[\]\\]/g, "\\$&")}*`;
  const seen = new Set<string>();
  for (const node of await send(async () => primariesOf(client))) {
    let cursor = "0";
    do {
      const [next, keys] = await send(() => node.scan(cursor, "MATCH", pattern, "COUNT", keysPerStep));
      for (const key of keys) {
        if (seen.has(key)) continue;
        seen.add(key);
        yield key;
      }
      cursor = next;
    } while (cursor !== "0");
  }
}
