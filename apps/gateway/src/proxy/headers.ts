/** What belongs to one connection (RFC 9110, section 7.6.1), besides what `Connection` names. */
const hopByHop: ReadonlySet<string> = new Set([
  ...["connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer"],
  ...["transfer-encoding", "upgrade"],
]);

/** What the gateway's own client writes by itself. */
const ownOfRequest: ReadonlySet<string> = new Set(["host", "content-length", "accept-encoding", "expect"]);

/** What the upstream says of its own origin, or to the pages of others: not of this gateway, whose answers no page may read. */
const ownOfOrigin =
  /^(?:alt-svc|strict-transport-security|content-security-policy|nel|report-to|access-control-.+|x-llmcache-.+)$/;

/** Headers that hold a client's credential. */
export const credentialHeaders: readonly string[] = ["authorization", "x-api-key", "x-goog-api-key", "api-key"];

/** Whether a header of an upstream's configuration is a credential: it stands for the client's own. */
export function isCredential(name: string): boolean {
  return /(?:^|[-_])(?:authorization|auth|key|apikey|token|secret|cookie|signature)$/i.test(name);
}

/** The headers of a request that are for the upstream. Those that speak to the cache are not. */
export function requestHeaders(headers: Headers): Headers {
  const named = namedByConnection(headers);
  return new Headers(
    [...headers].filter(
      ([name]) => !hopByHop.has(name) && !named.has(name) && !ownOfRequest.has(name) && !name.startsWith("x-llmcache-"),
    ),
  );
}

/** The headers of a response that are for the client. */
export function responseHeaders(headers: Headers): Headers {
  const named = namedByConnection(headers);
  const kept = new Headers(
    [...headers].filter(([name]) => !hopByHop.has(name) && !named.has(name) && !ownOfOrigin.test(name)),
  );
  // The body has been decoded on the way.
  if (kept.has("content-encoding")) kept.delete("content-length");
  kept.delete("content-encoding");
  return kept;
}

function namedByConnection(headers: Headers): ReadonlySet<string> {
  const value = headers.get("connection") ?? "";
  return new Set(value.split(",").map((name) => name.trim().toLowerCase()));
}
