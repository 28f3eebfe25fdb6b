import { readFile } from "node:fs/promises";
import {
  Cache,
  type CacheEvent,
  type CacheOptions,
  type Call,
  parsePrices,
  type PriceTable,
  type SemanticTier,
} from "@llmcache/core";
import type { MemorySemanticOptions } from "@llmcache/semantic";
import type { Config } from "./config/config.ts";
import { ConfigError } from "./config/config-error.ts";
import { matches } from "./proxy/glob.ts";
import { modelInPath } from "./proxy/router.ts";
import type { Stores } from "./stores.ts";

/** The gateway's cache. */
export interface OpenedCache {
  readonly cache: Cache;
  /** Removes what the semantic tier, if there is one, keeps of an entry. */
  readonly forget: (key: string) => Promise<void>;
}

/** Makes the cache that a configuration describes. @throws {ConfigError} for what the cache refuses */
export async function openCache(
  config: Config,
  { backend, bus }: Pick<Stores, "backend" | "bus">,
  onEvent: (event: CacheEvent) => void,
): Promise<OpenedCache> {
  const {
    tiers: _tiers,
    scope: _scope,
    bodyControls: _body,
    compress: _compress,
    ttlByModel,
    ...options
  } = config.cache;
  const semantic = config.semantic && (await openSemantic(config.semantic));
  const prices = { ...(await readPrices(config.priceFile)), ...config.prices };
  const settings: CacheOptions = {
    ...options,
    ...{ backend, bus, onEvent, semantic, prices, keepOpen: true },
    ttlOf: (_, call) => ttlFor(call, ttlByModel),
  };
  const forget = async (key: string) => {
    const context = { backend, clock: Date.now, signal: AbortSignal.timeout(5_000), report: () => undefined };
    await semantic?.forget(key, context);
  };
  return { cache: orProblem(["cache"], () => new Cache(settings)), forget };
}

async function readPrices(file: string | undefined): Promise<PriceTable> {
  if (file === undefined) return {};
  const text = await readFile(file, "utf8").catch(() => {
    throw new ConfigError("configuration", [{ path: ["priceFile"], message: "cannot be read" }]);
  });
  return orProblem(["priceFile"], () => parsePrices(text));
}

function ttlFor(call: Call, byModel: Config["cache"]["ttlByModel"]): Config["cache"]["ttl"] | undefined {
  const model = modelOf(call);
  if (model === undefined) return undefined;
  return Object.entries(byModel).find(([pattern]) => matches(pattern, model))?.[1];
}

function modelOf({ params, context }: Call): string | undefined {
  const { model } = (params ?? {}) as { readonly model?: unknown };
  if (typeof model === "string") return model;
  const { endpoint } = (context ?? {}) as { readonly endpoint?: unknown };
  return typeof endpoint === "string" ? modelInPath(endpoint) : undefined;
}

/** The tier and what it needs, of a package that is loaded only for this. */
async function openSemantic({ embedder, memory, options }: NonNullable<Config["semantic"]>): Promise<SemanticTier> {
  const { memorySemantic, openAiEmbedder, semantic } = await import("@llmcache/semantic");
  return orProblem(["semantic"], () =>
    semantic({
      embedder: embedder.model,
      ...options,
      embed: openAiEmbedder(embedder),
      ...(memory !== undefined && { backend: memorySemantic(memory as unknown as MemorySemanticOptions) }),
    }),
  );
}

/** What our own packages refuse they name, and never show. */
function orProblem<Made>(path: readonly string[], make: () => Made): Made {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError)) throw error;
    const message = error instanceof SyntaxError ? "is no JSON" : error.message;
    throw new ConfigError("configuration", [{ path, message }]);
  }
}
