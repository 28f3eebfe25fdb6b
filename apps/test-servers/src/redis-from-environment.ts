import { connect } from "node:net";
import process from "node:process";
import { connect as connectTls } from "node:tls";
import { runRedisCommand } from "./redis-connection.ts";
import type { RedisOptions } from "./redis-options.ts";
import type { RedisServer } from "./redis-server.ts";

/** The server that the environment names, for calls that ask for nothing that it may not be. */
export function redisFromEnvironment(options: RedisOptions): RedisServer | undefined {
  const {
    version = "redis-7",
    search = false,
    parameters = [],
    tls = false,
    unixSocket = false,
    own = false,
  } = options;
  const isPlain = version === "redis-7" && parameters.length === 0 && tls === false && !unixSocket && !own;
  if (!isPlain || options.password !== undefined) return undefined;
  const variable = search ? "LLMCACHE_TEST_REDIS_SEARCH_URL" : "LLMCACHE_TEST_REDIS_URL";
  const given = process.env[variable];
  return given === undefined || given === "" ? undefined : sharedRedis(variable, new URL(given));
}

function sharedRedis(variable: string, url: URL): RedisServer {
  const { hostname: host, protocol } = url;
  const port = Number(url.port || 6379);
  const notOurs = (): never => {
    throw new Error(`The server that ${variable} names is not this test's own: start it with { own: true }`);
  };
  const stop = () => Promise.resolve();
  return {
    host,
    port,
    url: url.href,
    get processId() {
      return notOurs();
    },
    command: (...command) =>
      runRedisCommand(
        {
          connect: () =>
            protocol === "rediss:" ? connectTls({ host, port, servername: host }) : connect({ host, port }),
          username: decodeURIComponent(url.username),
          ...(url.password === "" ? {} : { password: decodeURIComponent(url.password) }),
        },
        command,
      ),
    freeze: notOurs,
    thaw: notOurs,
    kill: notOurs,
    restart: notOurs,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
