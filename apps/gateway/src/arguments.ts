import { parseArgs } from "node:util";

/** How the gateway was called. */
export interface Arguments {
  readonly config: string | undefined;
  readonly newKey: boolean;
  readonly check: boolean;
  readonly help: boolean;
}

/** What `--help` says. */
export const usage = `usage: llmcache-gateway [options]

  --config FILE   the configuration, in YAML or JSON; llmcache.yaml or llmcache.json in the working directory is
                  found by itself. Without any it caches on disk and asks OpenAI, on http://127.0.0.1:4141
  --check         checks the configuration, and starts nothing
  --new-key       prints a new key, and the hash by which a configuration names it
  --help          this text

  LLMCACHE_ADMIN_KEY, where there is no file, is the key of the dashboard and of the routes under /cache.`;

/** Thrown for an option that there is not, or that lacks its value. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** @throws {UsageError} */
export function parseArguments(words: readonly string[]): Arguments {
  // pnpm hands over the "--" that ends its own options.
  const args = words[0] === "--" ? words.slice(1) : [...words];
  try {
    const { values } = parseArgs({
      args,
      options: {
        config: { type: "string" },
        "new-key": { type: "boolean", default: false },
        check: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    return { config: values.config, newKey: values["new-key"], check: values.check, help: values.help };
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split(". ", 1)[0]}.\n\n${usage}`);
  }
}
