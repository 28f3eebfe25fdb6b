/** A server by its name or address. */
export interface RedisNode {
  readonly host: string;
  /** @default 6379, of a Sentinel 26379 */
  readonly port?: number | undefined;
}

/** What a URL says. */
export interface RedisUrl {
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
  readonly username?: string;
  readonly password?: string;
  readonly database?: number;
  readonly tls?: true;
}

const protocols: readonly string[] = ["redis:", "rediss:", "unix:"];

/**
 * Reads `redis://user:password@host:port/database`, `rediss://` for TLS, or `unix:///path?db=0`.
 *
 * @throws {TypeError} that names `field`, and never the URL: there is a password in it
 */
export function parseRedisUrl(field: string, text: string): RedisUrl {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !protocols.includes(url.protocol))
    throw new TypeError(`${field} must be a URL that begins with redis://, rediss:// or unix://`);
  for (const name of url.searchParams.keys()) {
    if (name !== "db") throw new TypeError(`${field} has the parameter ${JSON.stringify(name)}; only db is known`);
  }
  const database = url.searchParams.get("db") ?? (url.protocol === "unix:" ? "" : url.pathname.slice(1));
  if (!/^\d*$/.test(database)) throw new TypeError(`${field} must have a number as its database`);
  return {
    ...(url.protocol === "unix:"
      ? { path: decodeURIComponent(url.pathname) }
      : // The address of IPv6 is in brackets in a URL, and nowhere else.
        { host: url.hostname.replaceAll(/^\[|\]$/g, ""), ...(url.port !== "" && { port: Number(url.port) }) }),
    ...(url.username !== "" && { username: decodeURIComponent(url.username) }),
    ...(url.password !== "" && { password: decodeURIComponent(url.password) }),
    ...(database !== "" && { database: Number(database) }),
    ...(url.protocol === "rediss:" && { tls: true }),
  };
}

/** Reads a list of servers: objects with `host` and `port`, or pairs of them. @throws {TypeError} that names `field` */
export function parseNodes(field: string, value: unknown): readonly RedisNode[] {
  const wanted = `${field} must be a list of at least one { "host": "...", "port": 6379 }`;
  if (!Array.isArray(value) || value.length === 0) throw new TypeError(wanted);
  return value.map((given: unknown) => {
    const { host, port } = Array.isArray(given)
      ? { host: given[0] as unknown, port: given[1] as unknown }
      : ((given ?? {}) as { readonly host?: unknown; readonly port?: unknown });
    if (typeof host !== "string" || host === "") throw new TypeError(wanted);
    return { host, ...(port !== undefined && { port: parsePort(`${field}: port`, port) }) };
  });
}

/** @throws {TypeError} for what is no port number, as a number or as text, naming `field` */
export function parsePort(field: string, value: unknown): number {
  const port = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof port === "number" && Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new TypeError(`${field} must be a whole number from 1 to 65535`);
}
