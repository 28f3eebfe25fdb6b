import { type CacheControls, parseCacheControl } from "@llmcache/core";
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

/** Each header that speaks to the cache, without its prefix. */
const controls: Readonly<
  Record<string, { readonly name: keyof CacheControls; readonly read: Reader; readonly expected: string }>
> = {
  "no-cache": { name: "noCache", ...boolean },
  "no-store": { name: "noStore", ...boolean },
  ttl: { name: "ttl", ...duration },
  "max-age": { name: "maxAge", ...duration },
  "min-fresh": { name: "minFresh", ...duration },
  "max-stale": { name: "maxStale", ...duration },
  "stale-while-revalidate": { name: "staleWhileRevalidate", ...duration },
  "stale-if-error": { name: "staleIfError", ...duration },
  "only-if-cached": { name: "onlyIfCached", ...boolean },
  use: { name: "use", ...boolean },
  namespace: { name: "namespace", ...text },
  scope: { name: "scope", ...text },
  key: { name: "key", ...text },
  tags: { name: "tags", read: readNames, expected: "names with commas between them" },
};

/** A request header that cannot be read. `header` is its name; its value is nowhere. */
export class ControlHeaderError extends TypeError {
  override readonly name = "ControlHeaderError";
  readonly header: string;

  constructor(header: string, problem: string) {
    super(`${header} ${problem}`);
    this.header = header;
  }
}

/** The names of all controls. */
export const controlNames: readonly string[] = Object.values(controls).map(({ name }) => name);

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
    const control = Object.hasOwn(controls, short) ? controls[short] : undefined;
    if (control === undefined)
      throw new ControlHeaderError(
        header,
        `is unknown; known after "${controlPrefix}" are ${Object.keys(controls).join(", ")}`,
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
