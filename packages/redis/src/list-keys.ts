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
    let connection: unknown;
    for (;;) {
      const [next, keys] = await send(() => {
        if (node.stream !== connection) cursor = "0";
        connection = node.stream;
        return node.scan(cursor, "MATCH", pattern, "COUNT", keysPerStep);
      });
      // Sent again on another connection, perhaps to another server: only the one that gave a cursor knows what it means.
      if (node.stream !== connection) continue;
      for (const key of keys) {
        if (seen.has(key)) continue;
        seen.add(key);
        yield key;
      }
      if (next === "0") break;
      cursor = next;
    }
  }
}
