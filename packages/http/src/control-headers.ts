import { type CacheControls, controlNames, parseCacheControl } from "@llmcache/core";
import { controlPrefix } from "./outgoing-request.ts";

type Reader = (text: string) => unknown;

const readDuration: Reader = (text) => {
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text);
  return /^\d+(?:\.\d+)?(?:ms|s|m|h|d)$/.test(text) ? text : undefined;
};
const readBoolean: Reader = (text) => (text === "true" ? true : text === "false" ? false : undefined);
const readText: Reader = (text) => text || undefined;
const readNames: Reader = (text) => {
  const names = text.split(",").map((name) => name.trim());
  return names.includes("") ? undefined : names;
};

const duration = { read: readDuration, expected: 'seconds or a text such as "5m"' };
const boolean = { read: readBoolean, expected: '"true" or "false"' };
const text = { read: readText, expected: "a text" };

/** The header of each control, without its prefix, and how it is read. */
const spellings: Readonly<
  Record<keyof CacheControls, { readonly header: string; readonly read: Reader; readonly expected: string }>
> = {
  noCache: { header: "no-cache", ...boolean },
  noStore: { header: "no-store", ...boolean },
  ttl: { header: "ttl", ...duration },
  maxAge: { header: "max-age", ...duration },
  minFresh: { header: "min-fresh", ...duration },
  maxStale: { header: "max-stale", ...duration },
  staleWhileRevalidate: { header: "stale-while-revalidate", ...duration },
  staleIfError: { header: "stale-if-error", ...duration },
  onlyIfCached: { header: "only-if-cached", ...boolean },
  use: { header: "use", ...boolean },
  namespace: { header: "namespace", ...text },
  scope: { header: "scope", ...text },
  key: { header: "key", ...text },
  tags: { header: "tags", read: readNames, expected: "names with commas between them" },
};

/** Each control by its header. */
const controls = new Map(controlNames.map((name) => [spellings[name].header, { name, ...spellings[name] }]));

/** A request header that cannot be read. `header` is its name; its value is nowhere. */
export class ControlHeaderError extends TypeError {
  override readonly name = "ControlHeaderError";
  readonly header: string;

  constructor(header: string, problem: string) {
    super(`${header} ${problem}`);
    this.header = header;
  }
}

/**
 * What a request asks of the cache: `Cache-Control` (RFC 9111, section 5.2.1), and over it the `x-llmcache-` headers, one for each control.
 *
 * @throws {ControlHeaderError} for a header that is malformed, or that begins with `x-llmcache-` and is unknown
 */
export function readControls(headers: Headers): CacheControls {
  const found: Record<string, unknown> = readCacheControl(headers.get("cache-control"));
  for (const [header, value] of headers) {
    if (!header.startsWith(controlPrefix)) continue;
    const short = header.slice(controlPrefix.length);
    const control = controls.get(short);
    if (control === undefined)
      throw new ControlHeaderError(
        header,
        `is unknown; known after "${controlPrefix}" are ${[...controls.keys()].join(", ")}`,
      );
    const read = control.read(value);
    if (read === undefined) throw new ControlHeaderError(header, `must be ${control.expected}`);
    found[control.name] = read;
  }
  return found;
}

function readCacheControl(header: string | null): Record<string, unknown> {
  if (header === null) return {};
  try {
    return { ...parseCacheControl(header) };
  } catch (error) {
    throw new ControlHeaderError(
      "cache-control",
      `cannot be read: ${error instanceof Error ? error.message : "it is malformed"}`,
    );
  }
}
