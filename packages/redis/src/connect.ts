import { env } from "node:process";
import { checkConnectOptions, type ConnectRedisOptions, parseConnectOptions } from "./connect-options.ts";
import type { RedisClient } from "./client.ts";
import { Redis } from "ioredis";
import { FailoverWatch } from "./failover-watch.ts";
import { createClient } from "./create-client.ts";
import { readEnvironment } from "./environment.ts";
import { withEnvironment } from "./options-from-environment.ts";
import { RedisBackend } from "./redis-backend.ts";
import { signInOf } from "./signing-connector.ts";

/**
 * A backend on a client of its own, by options, and where they say nothing by the environment. Disposal closes the client.
 *
 * It does not wait for the server, so that a program starts while Redis is down: operations do, for the attempt to connect that is under way.
 * `ping()` tells whether Redis is there.
 *
 * @throws {TypeError} for an option or a variable that is wrong, naming it and never its value
 */
export async function connectRedis(options: ConnectRedisOptions = {}): Promise<RedisBackend> {
  checkConnectOptions(options);
  const { prefix, name, nodeTimeout, environment = env, ...connection } = options;
  const settings = parseConnectOptions(await withEnvironment(connection, readEnvironment(environment)));
  const client = createClient(settings);
  const { address } = settings;
  const watch =
    "sentinel" in address && client instanceof Redis
      ? new FailoverWatch(client, address.sentinel, settings)
      : undefined;
  const release = async () => {
    watch?.close();
    await closeClient(client);
  };
  const backend = new RedisBackend({ client, prefix, name, nodeTimeout, release });
  // What comes of it the backend hears from the client.
  client.connect().catch(() => undefined);
  return backend;
}

async function closeClient(client: RedisClient): Promise<void> {
  signInOf("nodes" in client ? { options: client.options.redisOptions ?? {} } : client)?.close();
  if (client.status !== "ready") {
    client.disconnect();
    return;
  }
  const ended = new Promise<void>((resolve) => void client.once("end", resolve));
  // Behind what is under way, which is still answered.
  await client.quit().catch(() => client.disconnect());
  await ended;
}
