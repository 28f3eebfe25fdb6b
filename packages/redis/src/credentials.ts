/** A user name and password that hold for a while. */
export interface RedisCredentials {
  /** @default the default user */
  readonly username?: string | undefined;
  readonly password: string;
  /** Epoch ms until which they hold. Before that they are asked for again. @default forever, until a new connection needs them */
  readonly expiresAt?: number | undefined;
}

/** Gives the credentials that hold now: called for each new connection, and before those it gave last expire. */
export type CredentialProvider = () => Promise<RedisCredentials>;
