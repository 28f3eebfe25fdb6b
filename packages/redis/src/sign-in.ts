import { describeType } from "@llmcache/core";
import type { Redis } from "ioredis";
import type { CredentialProvider, RedisCredentials } from "./credentials.ts";

/** The longest that a timer can be set for, in ms. */
const longestTimerMs = 2 ** 31 - 1;

/** How soon to ask again after a provider has failed. */
const retryMs = 1_000;

/** How long a provider may take: some ask several services in turn. */
const longestAskMs = 10_000;

/**
 * Signs every connection of a client in by what a provider gives: each new one before anything else is sent on it, and those that are
 * open again before the credentials expire.
 */
export class SignIn {
  readonly #provide: CredentialProvider;
  readonly #connections = new Set<Redis>();
  #asking: Promise<RedisCredentials> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(provide: CredentialProvider) {
    this.#provide = provide;
  }

  /** What holds now. Connections that are made at the same time share one call of the provider. */
  credentials(): Promise<RedisCredentials> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /** Signs a connection in again whenever its credentials are about to expire, until it has ended. */
  keep(connection: Redis): void {
    this.#connections.add(connection);
    connection.once("end", () => this.#connections.delete(connection));
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #ask(): Promise<RedisCredentials> {
    const askedAt = Date.now();
    const credentials = await within(longestAskMs, this.#provide());
    checkCredentials(credentials);
    // A fifth of the time they hold is for a provider that fails at first; a minute is enough of it.
    if (credentials.expiresAt !== undefined) {
      const lifetime = credentials.expiresAt - askedAt;
      this.#renewIn(Math.max(retryMs / 2, lifetime - Math.min(60_000, lifetime / 5)));
    }
    return credentials;
  }

  #renewIn(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#renew(), Math.min(ms, longestTimerMs)).unref();
  }

  async #renew(): Promise<void> {
    try {
      const { username = "default", password } = await this.credentials();
      const ready = [...this.#connections].filter(({ status }) => status === "ready");
      await Promise.all(ready.map((connection) => connection.auth(username, password)));
    } catch {
      // Connections stay signed in until the server ends them; then a new one says what is wrong.
      this.#renewIn(retryMs);
    }
  }
}

/** @throws {TypeError} that says what was given by its type alone */
function checkCredentials({ username, password, expiresAt }: RedisCredentials): void {
  if (typeof password !== "string")
    throw new TypeError(`connectRedis: credentials must give a password, and gave ${describeType(password)}`);
  if (username !== undefined && typeof username !== "string")
    throw new TypeError(
      `connectRedis: credentials must give a username as a string, and gave ${describeType(username)}`,
    );
  if (expiresAt !== undefined && !Number.isFinite(expiresAt))
    throw new TypeError(`connectRedis: credentials must give expiresAt in ms, and gave ${describeType(expiresAt)}`);
}

async function within<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`The credentials for Redis did not come within ${ms} ms`)), ms);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
