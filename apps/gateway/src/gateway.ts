import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { type Cache, type CacheEvent, parsePositiveDuration } from "@llmcache/core";
import { createApp } from "./app.ts";
import type { LoadedConfig } from "./config/load-config.ts";
import { drainOf } from "./drain.ts";
import { openCache } from "./open-cache.ts";
import { openUpstreamClient } from "./proxy/upstream-client.ts";
import { openStores, type Stores } from "./stores.ts";
import { Telemetry } from "./telemetry/telemetry.ts";

/** A gateway that listens. */
export interface Gateway extends AsyncDisposable {
  /** Where it listens. */
  readonly url: string;
  readonly cache: Cache;
  readonly telemetry: Telemetry;
  /** Takes no more calls, lets those under way end, up to a limit, writes what is to be stored, and closes the stores. */
  close(): Promise<void>;
}

/** Who else is told what goes on. */
export interface Observers {
  /** Told of what went wrong inside it, which its clients are not. @default nobody */
  readonly onFailure?: ((error: unknown) => void) | undefined;
  /** Told of everything that happens in its cache. @default nobody */
  readonly onEvent?: ((event: CacheEvent) => void) | undefined;
}

/**
 * Starts a gateway.
 *
 * @throws {ConfigError} for a store that cannot be opened; the system's own error where it cannot listen
 */
export async function startGateway(loaded: LoadedConfig, observers: Observers = {}): Promise<Gateway> {
  const stores = await openStores(loaded.config);
  try {
    return await startOn(stores, loaded, observers);
  } catch (error) {
    // Or what they hold open would keep the process.
    await stores[Symbol.asyncDispose]();
    throw error;
  }
}

async function startOn(
  stores: Stores,
  loaded: LoadedConfig,
  { onFailure = () => undefined, onEvent = () => undefined }: Observers,
): Promise<Gateway> {
  const { config } = loaded;
  const { limits, listen } = config;
  const names = stores.members.map(({ name }) => name);
  const telemetry: Telemetry = new Telemetry(names, () => cache.stats(), onEvent);
  const { cache, forget, semanticStore, close: closeCache } = await openCache(config, stores, telemetry.note);
  const client = openUpstreamClient(limits);
  const everyStore = [...stores.members, ...(semanticStore === undefined ? [] : [semanticStore])];
  let stopping = false;
  const app = await createApp({
    ...{ loaded, config, cache, client, telemetry, forget, onFailure },
    ...{ backend: stores.backend, stores: stores.members, everyStore, isStopping: () => stopping },
  });
  const server = createAdaptorServer({
    fetch: app.fetch,
    overrideGlobalObjects: false,
    serverOptions: {
      headersTimeout: parsePositiveDuration(limits.headersTimeout, "headersTimeout"),
      requestTimeout: parsePositiveDuration(limits.requestTimeout, "requestTimeout"),
      // How exactly the two are kept.
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: 65_000,
    },
  }) as Server;
  server.timeout = parsePositiveDuration(limits.idleTimeout, "idleTimeout");
  server.maxConnections = limits.connections;
  const drain = drainOf(server);
  // A client that leaves at the wrong moment is no failure of ours.
  server.on("request", (_, outgoing) => outgoing.on("error", () => undefined));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(listen.port, listen.host, resolve);
  });

  const stop = async () => {
    stopping = true;
    await drain.close(parsePositiveDuration(limits.shutdownTimeout, "shutdownTimeout"));
    // Whoever is left has had its time: what is still asked is asked for nobody.
    await client.close();
    await closeCache();
    await stores[Symbol.asyncDispose]();
  };
  let stopped: Promise<void> | undefined;
  const close = () => (stopped ??= stop());
  const { address, port, family } = server.address() as AddressInfo;
  const url = `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
  return { url, cache, telemetry, close, [Symbol.asyncDispose]: close };
}
