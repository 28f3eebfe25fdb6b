import { type Backend, type Bus, compressed, memory, type Tier, tiered } from "@llmcache/core";
import type { Config, TierConfig } from "./config/config.ts";
import { ConfigError } from "./config/config-error.ts";

/** Where answers are kept. */
export interface Stores extends AsyncDisposable {
  /** What a cache is given, and closes: one store, or all as tiers. */
  readonly backend: Backend;
  /** Each store by itself, the nearest first. */
  readonly members: readonly Backend[];
  /** Tells the other gateways on the same store, where that can carry messages. */
  readonly bus: Bus | undefined;
}

/** A store, and what tells others of it. */
interface Opened {
  readonly backend: Backend;
  readonly bus?: (Bus & AsyncDisposable) | undefined;
}

/** Opens the stores that a configuration names, and loads no other's package. @throws {ConfigError} that names the tier */
export async function openStores({ cache }: Pick<Config, "cache">): Promise<Stores> {
  const tiers: Tier[] = [];
  let bus: Opened["bus"];
  for (const [index, tier] of cache.tiers.entries()) {
    const opened = await open(tier).catch((error: unknown) => {
      throw new ConfigError("configuration", [{ path: ["cache", "tiers", index], message: reasonOf(error) }]);
    });
    bus ??= opened.bus;
    tiers.push({
      backend: cache.compress && tier.type !== "memory" ? compressed(opened.backend) : opened.backend,
      ...(tier.maxTtl !== undefined && { maxTtl: tier.maxTtl }),
      ...(tier.timeout !== undefined && { timeout: tier.timeout }),
    });
  }
  const members = tiers.map(({ backend }) => backend);
  const [only] = tiers;
  const isPlain = tiers.length === 1 && only?.maxTtl === undefined && only?.timeout === undefined;
  return {
    members,
    bus,
    backend: isPlain && only !== undefined ? only.backend : tiered(tiers, { bus }),
    [Symbol.asyncDispose]: async () => bus?.[Symbol.asyncDispose](),
  };
}

/** Options are checked by the store itself, which names what is wrong with them. */
async function open({ type, options }: TierConfig): Promise<Opened> {
  switch (type) {
    case "memory":
      return { backend: memory(options) };
    case "disk": {
      const { DiskBackend } = await import("@llmcache/disk");
      return { backend: new DiskBackend(options as unknown as ConstructorParameters<typeof DiskBackend>[0]) };
    }
    case "redis": {
      const { connectRedis, RedisBus } = await import("@llmcache/redis");
      const backend = await connectRedis(options);
      return { backend, bus: new RedisBus({ client: backend.client }) };
    }
    case "gcs":
      return { backend: await (await import("@llmcache/gcs")).connectGcs(options) };
    case "s3":
      return { backend: await (await import("@llmcache/s3")).connectS3(options) };
    case "azure":
      return { backend: await (await import("@llmcache/azure")).connectAzure(options) };
  }
}

/** What our own packages say of options names them, and never holds their values. What others say may. */
function reasonOf(error: unknown): string {
  if (error instanceof TypeError || error instanceof RangeError) return error.message;
  const code = error instanceof Error && "code" in error ? String(error.code) : "it failed";
  return code === "ERR_MODULE_NOT_FOUND" ? "its package is not installed" : `cannot be opened (${code})`;
}
