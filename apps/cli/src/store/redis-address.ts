import type { ConnectRedisOptions } from "@llmcache/redis";
import { UsageError } from "../usage-error.ts";
import { onlyParameters, type StoreUrl } from "./store-url.ts";

type RedisAddress = Pick<
  ConnectRedisOptions,
  "url" | "cluster" | "sentinel" | "username" | "password" | "database" | "tls" | "prefix"
>;

/**
 * Where a URL says that Redis is: `redis://`, `rediss://` and `unix://` as ever, `redis+cluster://host:port,host:port` for some nodes of a
 * Cluster, `redis+sentinel://host:port,host:port/name` for the primary that Sentinels call so. `redis:` alone leaves all to the environment.
 */
export function redisAddress(url: StoreUrl): RedisAddress {
  const [base, kind] = url.scheme.split("+");
  const { prefix, db } = onlyParameters(url, "prefix", "db");
  const common = { ...(prefix !== undefined && { prefix }), ...(db !== undefined && { database: Number(db) }) };
  if (kind === undefined) {
    const [address = ""] = url.text.split("?", 1);
    return url.path === "" ? common : { url: address, ...common };
  }
  const { credentials, hosts, name } = splitHosts(url);
  const given = { ...common, ...credentials, ...(base === "rediss" && { tls: true }) };
  const nodes = hosts.map((host) => nodeOf(host, url.label));
  if (kind === "cluster" && name === "") return { cluster: nodes, ...given };
  if (kind === "sentinel" && name !== "") return { sentinel: { nodes, name }, ...given };
  const wanted = kind === "cluster" ? "hosts and nothing more" : "hosts, and after a slash what they call the primary";
  throw new UsageError(`${url.label} must have ${wanted}`);
}

function splitHosts({ path }: StoreUrl) {
  const at = path.lastIndexOf("@");
  const [username = "", ...rest] = path.slice(0, Math.max(at, 0)).split(":");
  const password = rest.join(":");
  const [hosts = "", ...name] = path.slice(at + 1).split("/");
  return {
    credentials: {
      ...(username !== "" && { username: decodeURIComponent(username) }),
      ...(password !== "" && { password: decodeURIComponent(password) }),
    },
    hosts: hosts.split(",").filter((host) => host !== ""),
    name: decodeURIComponent(name.join("/")),
  };
}

function nodeOf(text: string, label: string): { readonly host: string; readonly port?: number } {
  const url = URL.parse(`redis://${text}`);
  if (url === null) throw new UsageError(`${label} must name hosts, each with its port`);
  return {
    // An address of IPv6 is in brackets in a URL, and nowhere else.
    host: url.hostname.replaceAll(/^\[|\]$/g, ""),
    ...(url.port !== "" && { port: Number(url.port) }),
  };
}
