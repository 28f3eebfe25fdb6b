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
  // Not by its name: where a password with a question mark is not encoded, that is a part of the password.
  if ([...url.searchParams.keys()].some((name) => name !== "db"))
    throw new TypeError(`${field} has a parameter other than db, the only one that is known`);
  const database = url.searchParams.get("db") ?? (url.protocol === "unix:" ? "" : url.pathname.slice(1));
  if (!/^\d*$/.test(database)) throw new TypeError(`${field} must have a number as its database`);
  const path = decode(field, url.pathname);
  if (url.protocol === "unix:" && path === "") throw new TypeError(`${field} must have the path of a socket`);
  return {
    ...(url.protocol === "unix:"
      ? { path }
      : // The address of IPv6 is in brackets in a URL, and nowhere else.
        {
          host: url.hostname.replaceAll(/^\[|\]$/g, "") || "localhost",
          ...(url.port !== "" && { port: Number(url.port) }),
        }),
    ...(url.username !== "" && { username: decode(field, url.username) }),
    ...(url.password !== "" && { password: decode(field, url.password) }),
    ...(database !== "" && { database: Number(database) }),
    ...(url.protocol === "rediss:" && { tls: true }),
  };
}

function decode(field: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TypeError(`${field} must have user name, password and path percent-encoded: %25 for %, %40 for @`);
  }
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
