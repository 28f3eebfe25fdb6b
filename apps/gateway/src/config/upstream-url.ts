import { BlockList, isIP } from "node:net";

/** Addresses that are on this machine, in private networks, or serve one of them (RFC 6890). */
const privateAddresses = new BlockList();
for (const [network, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 3],
] as const)
  privateAddresses.addSubnet(network, bits, "ipv4");
for (const [network, bits] of [
  ["::", 128],
  ["::1", 128],
  ["64:ff9b::", 96],
  ["fc00::", 7],
  ["fe80::", 10],
  ["ff00::", 8],
] as const)
  privateAddresses.addSubnet(network, bits, "ipv6");

/** Names that no public server has: one label, or an ending kept for private use (RFC 2606, 6761, 6762, 8375; ICANN's `.internal`). */
const privateName = /(?:^|\.)(?:localhost|local|internal|intranet|lan|home|corp|test|invalid|home\.arpa)$|^[^.]+$/;

/**
 * What is wrong with the URL of an upstream; `undefined` for one that requests may be sent to.
 *
 * @param allowPrivate whether it may be on this machine or in a private network, and do without TLS there
 */
export function problemOfUrl(text: string, allowPrivate: boolean): string | undefined {
  const url = URL.parse(text);
  if (url === null) return "must be a URL";
  if (url.protocol !== "https:" && url.protocol !== "http:") return "must begin with https:// or http://";
  if (url.username !== "" || url.password !== "") return "must hold no credentials: set a header in place of them";
  if (url.search !== "" || url.hash !== "") return "must end with the path";
  const isPrivate = isPrivateHost(url.hostname);
  if (isPrivate && !allowPrivate)
    return "is on this machine or in a private network: say `private: true` if it is meant";
  if (url.protocol === "http:" && !isPrivate) return "must begin with https:// outside private networks";
  return undefined;
}

/** Whether a host is this machine, in a private network, or by its name may be. The parser of URLs has put all spellings of an address into one. */
export function isPrivateHost(hostname: string): boolean {
  const host = hostname.replaceAll(/^\[|\]$/g, "").replace(/\.$/, "");
  const family = isIP(host);
  if (family === 4) return privateAddresses.check(host, "ipv4");
  if (family === 6) return privateAddresses.check(host, "ipv6") || isMapped(host);
  return privateName.test(host.toLowerCase());
}

/** An IPv4 address in one of the forms that IPv6 has for it (RFC 4291, section 2.5.5). */
function isMapped(host: string): boolean {
  return /^::(?:ffff:)?/i.test(host);
}

/** Whether a server that listens there can be reached from this machine alone. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d+){3}$/.test(host);
}
