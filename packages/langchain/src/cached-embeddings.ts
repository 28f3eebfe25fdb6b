import { Embeddings, type EmbeddingsInterface } from "@langchain/core/embeddings";
import type { Cache, CacheControls } from "@llmcache/core";
import { checkOptions } from "./check-options.ts";

export interface CachedEmbeddingsOptions {
  /** What makes the vectors, with everything that changes them: `"text-embedding-3-small/512"`. LangChain does not say it of itself. */
  readonly model: string;
  /** The controls of every call. @default {} */
  readonly controls?: CacheControls | undefined;
}

/**
 * Embeddings that are answered from a cache, text by text: a batch asks only for the texts that are not stored, concurrent identical calls are one, and
 * queries are cached too, apart from documents, because some models embed them differently.
 *
 * @throws {TypeError} for an option that is missing, unknown or of a wrong type, naming it
 */
export class CachedEmbeddings extends Embeddings {
  readonly #embeddings: EmbeddingsInterface;
  readonly #cache: Cache;
  readonly #options: CachedEmbeddingsOptions;

  constructor(embeddings: EmbeddingsInterface, cache: Cache, options: CachedEmbeddingsOptions) {
    super({});
    checkOptions("CachedEmbeddings", cache, options, { model: "string", controls: "object" });
    if (options.model === undefined) throw new TypeError("CachedEmbeddings: model is missing");
    this.#embeddings = embeddings;
    this.#cache = cache;
    this.#options = options;
  }

  /** The vectors in the order of the texts. @throws what the embeddings throw; `WRONG_COUNT` for another number of vectors */
  override async embedDocuments(documents: string[]): Promise<number[][]> {
    return this.#embed("document", documents, (missing) => this.#embeddings.embedDocuments(missing));
  }

  /** @throws what the embeddings throw */
  override async embedQuery(document: string): Promise<number[]> {
    const [vector] = await this.#embed("query", [document], async () => [await this.#embeddings.embedQuery(document)]);
    return vector ?? [];
  }

  async #embed(kind: string, inputs: string[], embed: (missing: string[]) => Promise<number[][]>): Promise<number[][]> {
    const { model, controls } = this.#options;
    const batch = { operation: "embedding", params: { langchain: kind, model }, inputs };
    const settings = { ...controls, accepts: isVector, admit: isVector };
    const outcomes = await this.#cache.runMany<string, number[]>(batch, embed, settings);
    return outcomes.map(({ value }) => value);
  }
}

function isVector(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(Number.isFinite);
}
