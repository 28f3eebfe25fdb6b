import { Cache, type CacheEvent, type CacheOptions, type Call, type SemanticTier } from "@llmcache/core";
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
  { cache: config, semantic: semanticConfig }: Config,
  { backend, bus }: Pick<Stores, "backend" | "bus">,
  onEvent: (event: CacheEvent) => void,
): Promise<OpenedCache> {
  const {
    tiers: _tiers,
    ttlByModel,
    scope: _scope,
    bodyControls: _bodyControls,
    compress: _compress,
    ...options
  } = config;
  const semantic = semanticConfig && (await openSemantic(semanticConfig));
  const settings: CacheOptions = {
    ...options,
    backend,
    bus,
    onEvent,
    ...(semantic !== undefined && { semantic }),
    ttlOf: (_, call) => ttlFor(call, ttlByModel),
  };
  const forget = async (key: string) => {
    const report = () => undefined;
    await semantic?.forget(key, { backend, clock: Date.now, signal: AbortSignal.timeout(5_000), report });
  };
  try {
    return { cache: new Cache(settings), forget };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new ConfigError("configuration", [{ path: ["cache"], message: error.message }]);
  }
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
async function openSemantic({ embedder, options }: NonNullable<Config["semantic"]>): Promise<SemanticTier> {
  const problem = (message: string) => new ConfigError("configuration", [{ path: ["semantic"], message }]);
  const name = "@llmcache/semantic";
  const module = (await import(name).catch(() => undefined)) as
    | { readonly semantic?: (given: object) => SemanticTier; readonly openAiEmbedder?: (given: object) => unknown }
    | undefined;
  if (module?.semantic === undefined || module.openAiEmbedder === undefined)
    throw problem(`needs the package ${name}, which is not installed`);
  try {
    return module.semantic({ ...options, embed: module.openAiEmbedder(embedder) });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw problem(error.message);
  }
}
