import { Cache } from "./cache.ts";
import { checkOptions } from "./options.ts";
import { type CacheMode, type CacheOptions, cacheModes, optionNames } from "./settings.ts";

/** The options of a cache, without those that a cassette sets itself. */
export type CassetteOptions = Omit<CacheOptions, "mode" | "storeCalls">;

/** What the mode comes from, where the runtime has an environment. */
interface RuntimeWithEnvironment {
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> };
}

/**
 * A cache for tests, that answers from recordings which are kept with them. What it does is said by the environment variable `LLMCACHE_MODE`:
 * `replay` calls no model, and a call that is not recorded is a `REPLAY_MISS` that names the nearest one; `refresh` calls the model each time, and
 * records; or any other mode of a cache. Without it: `replay` where `CI` is set, and elsewhere `live`, which records what is missing.
 *
 * Calls are kept with their answers. A look-up may take 10 s unless `readTimeout` says otherwise: a slow machine is no reason for a miss.
 *
 * @throws {TypeError} for an option that is unknown or of a wrong type, or another value of `LLMCACHE_MODE`, naming it
 */
export function cassette(options: CassetteOptions): Cache {
  checkOptions(
    "cassette",
    options,
    optionNames.filter((name) => name !== "mode" && name !== "storeCalls"),
  );
  return new Cache({ readTimeout: "10s", ...options, mode: modeFromEnvironment(), storeCalls: true });
}

function modeFromEnvironment(): CacheMode {
  // In two steps, because bundlers write an empty object in the place of `process.env`.
  const { process } = globalThis as RuntimeWithEnvironment;
  const { LLMCACHE_MODE: asked = "", CI: ci = "" } = process?.env ?? {};
  if (asked === "") return ci === "" || ci === "0" || ci === "false" ? "live" : "replay";
  const mode = cacheModes.find((known) => known === asked);
  if (mode !== undefined) return mode;
  throw new TypeError(`LLMCACHE_MODE must be one of ${cacheModes.join(", ")}, got another string`);
}
