import { env } from "node:process";
import { Redis } from "ioredis";
import type { RedisClient } from "./client.ts";
import { checkConnectOptions, parseConnectOptions, type RedisConnectionOptions } from "./connect-options.ts";
import { createClient } from "./create-client.ts";
import { readEnvironment } from "./environment.ts";
import { FailoverWatch } from "./failover-watch.ts";
import { withEnvironment } from "./options-from-environment.ts";
import { signInOf } from "./signing-connector.ts";

/** How to reach Redis, and where to read the variables that say so. */
export interface OpenClientOptions extends RedisConnectionOptions {
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
}

/**
 * A client that is still to be told to connect, by options, and where they say nothing by the environment, with what closes it.
 *
 * @throws {TypeError} for an option or a variable that is wrong, naming it and never its value
 */
export async function openClient({
  environment = env,
  ...options
}: OpenClientOptions): Promise<{ readonly client: RedisClient; readonly release: () => Promise<void> }> {
  checkConnectOptions(options);
  const settings = parseConnectOptions(await withEnvironment(options, readEnvironment(environment)));
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
  return { client, release };
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
