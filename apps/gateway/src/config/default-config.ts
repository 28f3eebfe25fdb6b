import { homedir } from "node:os";
import { join } from "node:path";
import type { Environment } from "./environment.ts";

/** What is in force without a file: OpenAI's API, which clients use with their own keys, behind memory and a folder of this user's. */
export function defaultConfig(environment: Environment): object {
  const home = environment["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return {
    upstreams: { openai: { url: "https://api.openai.com" } },
    cache: {
      tiers: [{ type: "memory" }, { type: "disk", options: { directory: join(home, "llmcache", "gateway") } }],
    },
    ...(environment["LLMCACHE_ADMIN_KEY"] ? { admin: { key: "${LLMCACHE_ADMIN_KEY}" } } : {}),
  };
}
