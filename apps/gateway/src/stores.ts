import { type Backend, type Bus, compressed, encrypted, memory, type Tier, tiered } from "@llmcache/core";
import type { CacheConfig, Config, TierConfig } from "./config/config.ts";
import { ConfigError } from "./config/config-error.ts";

/** Where answers are kept. */
export interface Stores extends AsyncDisposable {
  /** What a cache is given, and leaves open: one store, or all as tiers. */
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
  const opened: Opened[] = [];
  for (const [index, tier] of cache.tiers.entries()) {
    try {
      opened.push(await open(tier));
    } catch (error) {
      await closeAll(opened);
      throw new ConfigError("configuration", [{ path: ["cache", "tiers", index], message: reasonOf(error) }]);
    }
  }
  const bus = opened.find((each) => each.bus !== undefined)?.bus;
  const tiers = cache.tiers.map(({ type, maxTtl, timeout }, index): Tier => {
    const { backend } = opened[index] as Opened;
    return {
      backend: type === "memory" ? backend : wrapped(backend, cache),
      ...(maxTtl !== undefined && { maxTtl }),
      ...(timeout !== undefined && { timeout }),
    };
  });
  const members = tiers.map(({ backend }) => backend);
  const [only] = tiers;
  const isPlain = tiers.length === 1 && only?.maxTtl === undefined && only?.timeout === undefined;
  const together = isPlain && only !== undefined ? undefined : tiered(tiers, { bus });
  return {
    members,
    bus,
    backend: together ?? (only as Tier).backend,
    [Symbol.asyncDispose]: async () => {
      // What tiers still copy goes first: they close their members too.
      await together?.[Symbol.asyncDispose]?.();
      await closeAll(together === undefined ? opened : opened.map(({ bus: own }) => ({ bus: own })));
    },
  };
}

/** What leaves this process is compressed and encrypted where that is asked for, in this order. */
function wrapped(backend: Backend, { compress, encrypt }: CacheConfig): Backend {
  const sealed = encrypt === undefined ? backend : encrypted(backend, encrypt);
  return compress ? compressed(sealed) : sealed;
}

async function closeAll(opened: readonly Partial<Opened>[]): Promise<void> {
  for (const { backend, bus } of opened) {
    await backend?.[Symbol.asyncDispose]?.();
    await bus?.[Symbol.asyncDispose]();
  }
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
