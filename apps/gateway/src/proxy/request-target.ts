/** The characters of a path and a query (RFC 3986, sections 3.3 and 3.4), with `[`, `]` and `|`, which clients leave as they are in queries. */
const target =
  /^\/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*(?:\?(?:[A-Za-z0-9._~!$&'()*+,;=:@/?[\]|-]|%[0-9A-Fa-f]{2})*)?$/;

/** Encoded: a slash, a backslash, a dot, a percent sign, NUL and other controls. Who decodes them on the way sees another path. */
const encodedTricks = /%(?:2f|5c|2e|25|0|1|7f)/i;

/**
 * What is wrong with the target of a request, as it stands in its first line; `undefined` for one that everybody on the way reads alike. Absolute URLs
 * and authorities are for proxies of another kind.
 */
export function problemOfTarget(text: string): string | undefined {
  if (!text.startsWith("/")) return "the request target must be a path";
  if (!target.test(text)) return "the request target has characters that it must not have";
  const [path = ""] = text.split("?", 1);
  if (encodedTricks.test(path)) return "the path has encoded separators, dots or controls";
  if (path.includes("//")) return "the path has an empty segment";
  if (path.split("/").some((segment) => segment === "." || segment === "..")) return "the path has dot segments";
  return undefined;
}
