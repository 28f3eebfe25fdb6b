import type { Config } from "../config/config.ts";
import { hasHash } from "../proxy/api-keys.ts";
import type { Refusal } from "../proxy/refusal.ts";

/** What a browser, or a page in one, says of where it is. */
type Place = Pick<Headers, "get">;

const thisMachine: readonly string[] = ["localhost", "127.0.0.1", "::1"];
const anyAddress: readonly string[] = ["0.0.0.0", "::"];

/**
 * Why a request must not come from a page of somebody else's; `undefined`: it does not. A name that its owner points at this machine (DNS rebinding) is
 * not among ours, and a browser says so when a page asks across origins.
 */
export function refusalOfPage(
  headers: Place,
  { listen, admin }: Pick<Config, "listen" | "admin">,
): Refusal | undefined {
  const ours = [...thisMachine, ...(anyAddress.includes(listen.host) ? [] : [listen.host]), ...admin.hosts];
  const isOurs = (host: string | undefined) => host !== undefined && ours.includes(host.toLowerCase());
  if (!isOurs(hostOf(`http://${headers.get("host") ?? ""}`)))
    return { status: 403, code: "host_not_allowed", message: "this name of a host is not among admin.hosts" };
  const site = headers.get("sec-fetch-site");
  const origin = headers.get("origin");
  const isForeign = site !== null && site !== "same-origin" && site !== "none";
  if (isForeign || (origin !== null && !isOurs(hostOf(origin))))
    return { status: 403, code: "cross_origin", message: "pages of other origins may not ask this" };
  return undefined;
}

/** Why a request may not administrate; `undefined`: it may. */
export function refusalOfKey(headers: Place, { admin }: Pick<Config, "admin">): Refusal | undefined {
  if (admin.hash === undefined)
    return { status: 404, code: "admin_off", message: "administration is off: the configuration names no admin.key" };
  const key = /^Bearer\s+(.+)$/i.exec(headers.get("authorization") ?? "")?.[1];
  if (key !== undefined && hasHash(key, admin.hash)) return undefined;
  return {
    status: 401,
    code: "invalid_admin_key",
    message: "the admin key must be sent as a bearer token",
    headers: { "www-authenticate": 'Bearer realm="llmcache"' },
  };
}

function hostOf(url: string): string | undefined {
  return URL.parse(url)?.hostname.replaceAll(/^\[|\]$/g, "");
}
