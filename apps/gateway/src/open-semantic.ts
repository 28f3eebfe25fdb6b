import type { SemanticBackend, SemanticTier } from "@llmcache/core";
import type { Config } from "./config/config.ts";

type SemanticConfig = NonNullable<Config["semantic"]>;

/** The tier that answers similar questions, and the store that it finds them in. */
export interface OpenedSemantic extends AsyncDisposable {
  readonly tier: SemanticTier;
  readonly store: SemanticBackend;
}

/** Opens both, of packages that are loaded only for this. @throws {TypeError} for an option that is wrong, naming it */
export async function openSemantic({ embedder, store, options }: SemanticConfig): Promise<OpenedSemantic> {
  const { openAiEmbedder, semantic } = await import("@llmcache/semantic");
  const embed = openAiEmbedder(embedder);
  const backend = await openStore(store, embedder.model);
  const tier = semantic({ embedder: embedder.model, ...options, embed, backend });
  // Makes its index, which the first question would wait for. Whether it could is asked by whoever pings.
  backend.ping?.().catch(() => undefined);
  return { tier, store: backend, [Symbol.asyncDispose]: async () => backend[Symbol.asyncDispose]?.() };
}

/** Its index is named for the embedder, whose vectors no other's can be compared with. */
async function openStore({ type, options }: SemanticConfig["store"], embedder: string): Promise<SemanticBackend> {
  const given = { embedder, ...options };
  switch (type) {
    case "memory": {
      const { memorySemantic } = await import("@llmcache/semantic");
      return memorySemantic(options as unknown as Parameters<typeof memorySemantic>[0]);
    }
    case "redis": {
      const { connectSemanticRedis } = await import("@llmcache/semantic-redis");
      return connectSemanticRedis(given as unknown as Parameters<typeof connectSemanticRedis>[0]);
    }
    case "qdrant": {
      const { connectQdrant } = await import("@llmcache/semantic-qdrant");
      return connectQdrant(given as unknown as Parameters<typeof connectQdrant>[0]);
    }
  }
}
