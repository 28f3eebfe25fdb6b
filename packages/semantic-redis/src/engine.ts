import { isCluster, primariesOf, type RedisClient } from "@llmcache/redis/commands";

/** What finds by meaning: the search engine of Redis 8, Redis Stack and Valkey Search, or the vector sets of a plain Redis 8. */
export type Engine = "search" | "vector-sets";

export const engines: readonly Engine[] = ["search", "vector-sets"];

/**
 * What a server can find by. On a Cluster an index of a search engine covers one node, unless something asks all of them: vector sets are
 * taken there where there are any, and a search engine only where it says that it does that.
 *
 * @throws {Error} for a server that can neither
 */
export async function detectEngine(client: RedisClient): Promise<Engine> {
  const known = await Promise.all(primariesOf(client).map(commandsOf));
  const allKnow = (command: string) => known.length > 0 && known.every((commands) => commands.has(command));
  const hasSearch = allKnow("ft.search");
  const hasVectorSets = allKnow("vadd");
  if (!isCluster(client)) {
    if (hasSearch) return "search";
    if (hasVectorSets) return "vector-sets";
  } else {
    if (hasVectorSets) return "vector-sets";
    if (hasSearch && (allKnow("search.clusterinfo") || (await isValkey(client)))) return "search";
    if (hasSearch)
      throw new Error(
        'The search engine of this Redis Cluster does not say that it reaches all nodes: give engine: "search" if it does, or use a Redis with vector sets',
      );
  }
  throw new Error(
    "This Redis can find nothing by meaning: it needs a search engine (Redis 8, Redis Stack, Valkey Search) or vector sets (Redis 8)",
  );
}

async function commandsOf(node: ReturnType<typeof primariesOf>[number]): Promise<ReadonlySet<string>> {
  const names = ["ft.search", "vadd", "search.clusterinfo"];
  try {
    const replies = (await node.call("COMMAND", "INFO", ...names)) as readonly unknown[];
    return new Set(names.filter((_, index) => Array.isArray(replies[index])));
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith("NOPERM"))) throw error;
    throw new Error(
      'The user may not ask Redis for its commands: give `engine`, "search" or "vector-sets", or +command|info',
      {
        cause: error,
      },
    );
  }
}

async function isValkey(client: RedisClient): Promise<boolean> {
  return String(await client.call("INFO", "server")).includes("server_name:valkey");
}
