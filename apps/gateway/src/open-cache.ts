import { readFile } from "node:fs/promises";
import {
  type Backend,
  Cache,
  type CacheEvent,
  type CacheOptions,
  type Call,
  parsePrices,
  type PriceTable,
} from "@llmcache/core";
import type { Config } from "./config/config.ts";
import { ConfigError } from "./config/config-error.ts";
import { matches } from "./proxy/glob.ts";
import { openSemantic } from "./open-semantic.ts";
import { modelInPath } from "./proxy/router.ts";
import type { Stores } from "./stores.ts";

/** The gateway's cache. */
export interface OpenedCache {
  readonly cache: Cache;
  /** Removes what the semantic tier, if there is one, keeps of an entry. */
  readonly forget: (key: string) => Promise<void>;
  /** Where answers are found by meaning, if they are. */
  readonly semanticStore: Backend | undefined;
  /** Writes what is to be stored, and closes what was opened here: not the stores. */
  readonly close: () => Promise<void>;
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
    encrypt: _encrypt,
    headersThatCount: _headers,
    ttlByModel,
    ...options
  } = config.cache;
  const { semantic: semanticConfig } = config;
  const semantic = semanticConfig && (await orProblem(["semantic"], () => openSemantic(semanticConfig)));
  const prices = { ...(await readPrices(config.priceFile)), ...config.prices };
  const settings: CacheOptions = {
    ...options,
    ...{ backend, bus, onEvent, semantic: semantic?.tier, prices, keepOpen: true },
    ttlOf: (_, call) => ttlFor(call, ttlByModel),
  };
  const forget = async (key: string) => {
    const context = { backend, clock: Date.now, signal: AbortSignal.timeout(5_000), report: () => undefined };
    await semantic?.tier.forget(key, context);
  };
  const cache = await orProblem(["cache"], () => new Cache(settings)).catch(async (error: unknown) => {
    await semantic?.[Symbol.asyncDispose]();
    throw error;
  });
  const close = async () => {
    await cache[Symbol.asyncDispose]();
    await semantic?.[Symbol.asyncDispose]();
  };
  return { cache, forget, semanticStore: semantic?.store, close };
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

/** What our own packages refuse they name, and never show. */
async function orProblem<Made>(path: readonly string[], make: () => Made | Promise<Made>): Promise<Made> {
  try {
    return await make();
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError)) throw error;
    const message = error instanceof SyntaxError ? "is no JSON" : error.message;
    throw new ConfigError("configuration", [{ path, message }]);
  }
}
