import { checkConnectOptions, type ConnectRedisOptions } from "./connect-options.ts";
import { openClient } from "./open-client.ts";
import { RedisBackend } from "./redis-backend.ts";

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
  const { prefix, name, nodeTimeout, ...connection } = options;
  const opened = await openClient(connection);
  const backend = new RedisBackend({ ...opened, prefix, name, nodeTimeout });
  // What comes of it the backend hears from the client.
  opened.client.connect().catch(() => undefined);
  return backend;
}
