/** The servers that speak Redis' protocol here: Redis 7.0, Redis 8.0 with vector sets, Valkey 9. */
export type RedisVersion = "redis-7" | "redis-8" | "valkey-9";

/** How a Redis server is to be. */
export interface RedisOptions {
  /** @default "redis-7" */
  readonly version?: RedisVersion | undefined;
  /** Arguments for its command line, `["--maxmemory", "2mb"]` say. @default none */
  readonly parameters?: readonly string[] | undefined;
  /** Whether it takes TLS connections, and only those. @default false */
  readonly tls?: boolean | RedisTlsOptions | undefined;
  /** Whether it listens on a unix socket as well. @default false */
  readonly unixSocket?: boolean | undefined;
  /** Whether it has the search module: `FT.CREATE` and `FT.SEARCH` on hashes, of RediSearch 2.8. @default false */
  readonly search?: boolean | undefined;
  /** The password of the default user. @default none */
  readonly password?: string | undefined;
  /**
   * Whether it must be a server of this test alone, even where LLMCACHE_TEST_REDIS_URL names another: for tests that freeze, kill,
   * restart or reconfigure it. @default false
   */
  readonly own?: boolean | undefined;
}

/** TLS, more precisely. */
export interface RedisTlsOptions {
  /** Whether a client must show a certificate. @default false */
  readonly clientCertificate?: boolean | undefined;
  /** The names and addresses in the server's certificate. @default ["localhost", "127.0.0.1"] */
  readonly hostNames?: readonly string[] | undefined;
}
