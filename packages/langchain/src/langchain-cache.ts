import { BaseCache } from "@langchain/core/caches";
import type { Generation } from "@langchain/core/outputs";
import type { Cache, CacheControls, Call } from "@llmcache/core";
import { checkOptions } from "./check-options.ts";
import { digest } from "./digest.ts";
import { isCompleteGeneration } from "./is-complete-generation.ts";
import { paramsInKey } from "./params-in-key.ts";
import { fromStoredList, toStored } from "./stored-generation.ts";
import { usageOf } from "./usage-of.ts";
import { whyAmbiguous } from "./why-ambiguous.ts";
import { whyUncacheable } from "./why-uncacheable.ts";

export interface LangChainCacheOptions {
  /** The controls of every call. @default {} */
  readonly controls?: CacheControls | undefined;
  /** Whether a model's answer, all of whose generations it is given, may be stored. @default each is complete, by `isCompleteGeneration` */
  readonly admit?: ((generations: readonly Generation[]) => boolean) | undefined;
  /** Is told, once, that prompts go past the cache whose text hides something. @default console.warn */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * A cache for LangChain's own `cache` option: `new ChatOpenAI({ cache: new LangChainCache(cache) })`.
 *
 * LangChain gives a cache the prompt as text, and asks and tells it in two calls. So prompts whose text may stand for another prompt too
 * (images, files, several turns, results of tools) go past it, concurrent identical calls are not joined, and streams are not cached at all:
 * `cacheChatModel` does all of that.
 *
 * @throws {TypeError} for an option that is unknown or of a wrong type, naming it
 */
export class LangChainCache extends BaseCache {
  readonly #cache: Cache;
  readonly #controls: CacheControls;
  readonly #admit: NonNullable<LangChainCacheOptions["admit"]>;
  readonly #warn: (message: string) => void;
  #hasWarned = false;

  constructor(cache: Cache, options: LangChainCacheOptions = {}) {
    super();
    checkOptions("LangChainCache", cache, options, { controls: "object", admit: "function", onWarning: "function" });
    this.#cache = cache;
    this.#controls = options.controls ?? {};
    this.#admit = options.admit ?? ((generations) => generations.every(isCompleteGeneration));
    // oxlint-disable-next-line no-console -- the default that the option's doc names
    this.#warn = options.onWarning ?? ((message) => console.warn(message));
  }

  /** The stored generations. `null`, as LangChain wants it, for none. What the store does wrong is an event, and `null`. */
  override async lookup(prompt: string, llmKey: string): Promise<Generation[] | null> {
    const ambiguous = whyAmbiguous(prompt, isChatModel(llmKey));
    if (ambiguous !== undefined) this.#warnOnce();
    const found = await this.#cache.get<unknown>(await callOf(prompt, llmKey), {
      ...this.#controls,
      bypass: ambiguous ?? whyUncacheableBy(llmKey),
      accepts: (stored) => fromStoredList(stored) !== undefined,
    });
    return fromStoredList(found?.value) ?? null;
  }

  /** Stores generations, unless one of them is incomplete. */
  override async update(prompt: string, llmKey: string, generations: Generation[]): Promise<void> {
    // Its look-up has said why.
    if ((whyAmbiguous(prompt, isChatModel(llmKey)) ?? whyUncacheableBy(llmKey)) !== undefined) return;
    await this.#cache.put<unknown>(await callOf(prompt, llmKey), generations.map(toStored), {
      ...this.#controls,
      admit: () => generations.length > 0 && this.#admit(generations),
      usageOf: () => usageOf(generations, "unknown"),
    });
  }

  #warnOnce(): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#warn(
      "llmcache: LangChain's text of a prompt can stand for another prompt too, where it has images, files, results of tools or several turns. " +
        "Such calls go past the cache. Use cacheChatModel to cache them.",
    );
  }
}

/** Not under a name where a semantic tier would look for the wording: the text holds the instructions too. */
async function callOf(text: string, llmKey: string): Promise<Call> {
  return { operation: "chat", params: { langchain: "text", text, model: await digest(llmKey) } };
}

function whyUncacheableBy(llmKey: string): string | undefined {
  const params = paramsInKey(llmKey);
  return whyUncacheable(String(params["model"] ?? params["model_name"]), params);
}

/** By what LangChain writes into the key of a model that is none. */
function isChatModel(llmKey: string): boolean {
  return !llmKey.includes('_model:"base_llm"');
}
