import type { CacheControls, CacheMode, Duration, PriceTable } from "@llmcache/core";

/** How a gateway is to be, with everything filled in. */
export interface Config {
  readonly listen: { readonly host: string; readonly port: number };
  readonly limits: Limits;
  /** By name, in the order of the file: of several that fit a request, the first is taken. */
  readonly upstreams: Readonly<Record<string, UpstreamConfig>>;
  readonly cache: CacheConfig;
  readonly semantic?: SemanticConfig | undefined;
  /** What models cost, by their names, for each token: checked by the cache. */
  readonly prices: PriceTable;
  /** A file of prices, as LiteLLM publishes it. `prices` go before it. */
  readonly priceFile?: string | undefined;
  /** What clients may ask of the cache, unless their key says otherwise. */
  readonly controls: ControlsConfig;
  /** Who may call. None: whoever reaches the gateway. */
  readonly apiKeys: readonly ApiKeyConfig[];
  readonly admin: AdminConfig;
}

export interface Limits {
  /** The most bytes of a request's body. */
  readonly body: number;
  /** How long a client may take to send its headers, and its whole request. */
  readonly headersTimeout: Duration;
  readonly requestTimeout: Duration;
  /** How long an upstream may take to connect, to begin its answer, and between two pieces of it. */
  readonly connectTimeout: Duration;
  readonly upstreamTimeout: Duration;
  /** How long nothing at all may pass between a client and the gateway. */
  readonly idleTimeout: Duration;
  /** How long calls under way may take when the gateway stops. */
  readonly shutdownTimeout: Duration;
  /** The most connections of clients. */
  readonly connections: number;
}

/** Where requests are sent. */
export interface UpstreamConfig {
  /** Scheme, host and what comes before the client's path. */
  readonly url: string;
  /** Beginnings of paths that are sent here, without the beginning: `/anthropic`. */
  readonly paths: readonly string[];
  /** Models that are asked here: names, with `*` for anything. */
  readonly models: readonly string[];
  /** Set on every request, in place of the client's own: the operator's credential, for example. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether it may be on this machine or in a private network. */
  readonly private: boolean;
}

export interface CacheConfig {
  readonly namespace: string;
  /** Nearest first. */
  readonly tiers: readonly TierConfig[];
  readonly ttl: Duration;
  /** In place of `ttl`, by model: names, with `*` for anything; the first that fits. */
  readonly ttlByModel: Readonly<Record<string, Duration>>;
  readonly staleWhileRevalidate?: Duration | undefined;
  readonly staleIfError?: Duration | undefined;
  /** Those that are cached, of those that `@llmcache/http` knows. @default all */
  readonly operations?: readonly string[] | undefined;
  /** Members of a body that do not change the answer. @default [] */
  readonly ignore?: readonly string[] | undefined;
  /** Models of one upstream whose answers are interchangeable. @default [] */
  readonly modelGroups?: readonly (readonly string[])[] | undefined;
  /** Headers of a client that change the answer, besides the vendors' own. @default [] */
  readonly headersThatCount?: readonly string[] | undefined;
  readonly defaultOff: boolean;
  readonly mode: CacheMode;
  readonly coalesce: "process" | "distributed" | "off";
  /** How long a gateway that makes an answer may be silent before another takes over, where they coalesce `distributed`. @default "10s" */
  readonly leaseDuration?: Duration | undefined;
  readonly readTimeout: Duration;
  readonly semanticTimeout: Duration;
  /** Shares all answers between all clients, under this name. @default each credential has its own */
  readonly scope?: string | undefined;
  /** Whether a body's member `cache` speaks to the cache, and is taken out. */
  readonly bodyControls: boolean;
  readonly compress: boolean;
  /** What encrypts what leaves this process. */
  readonly encrypt?: EncryptConfig | undefined;
}

export interface EncryptConfig {
  /** The id of the key that encrypts. The others only decrypt. */
  readonly current: string;
  /** 32 bytes each, by their ids. */
  readonly keys: Readonly<Record<string, Uint8Array>>;
}

export interface TierConfig {
  readonly type: "memory" | "disk" | "redis" | "s3" | "gcs" | "azure";
  readonly maxTtl?: Duration | undefined;
  readonly timeout?: Duration | undefined;
  /** What the store itself takes, and checks. */
  readonly options: Readonly<Record<string, unknown>>;
}

export interface SemanticConfig {
  readonly embedder: {
    readonly baseUrl?: string | undefined;
    readonly apiKey: string;
    readonly model: string;
    readonly dimensions?: number | undefined;
  };
  /** Where answers are found by meaning. What the store itself takes are its `options`, and it checks them. */
  readonly store: {
    readonly type: "memory" | "redis" | "qdrant";
    readonly options: Readonly<Record<string, unknown>>;
  };
  /** What the semantic tier itself takes, and checks. */
  readonly options: Readonly<Record<string, unknown>>;
}

export interface ControlsConfig {
  readonly allow: readonly (keyof CacheControls)[];
  readonly maxTtl?: Duration | undefined;
  /** What becomes of a request that asks for more: an answer with 403, or the rest of what it asks for. */
  readonly otherwise: "forbid" | "cap";
}

export interface ApiKeyConfig {
  readonly name: string;
  /** SHA-256 of the key, 64 hex digits. */
  readonly hash: string;
  /** Whom its answers belong to. @default its own */
  readonly scope?: string | undefined;
  /** Names of the upstreams that it may use. @default all */
  readonly upstreams?: readonly string[] | undefined;
  readonly controls?: ControlsConfig | undefined;
}

export interface AdminConfig {
  /** SHA-256 of the key. `undefined`: everything but `/health/live` is off. */
  readonly hash?: string | undefined;
  /** Names, besides those of this machine, that the gateway is reached by. */
  readonly hosts: readonly string[];
  /** What can be read without the key. */
  readonly open: readonly ("ready" | "metrics")[];
  /** Whether the wording of questions and answers is kept for the dashboard, and shown there. */
  readonly showPrompts: boolean;
}
