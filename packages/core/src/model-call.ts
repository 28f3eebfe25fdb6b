import { accounted, usageOf } from "./accounting.ts";
import { classOf, type LlmCacheError } from "./errors.ts";
import type { CacheEvent } from "./event.ts";
import type { Factory, Request } from "./request.ts";
import type { Usage } from "./usage.ts";

/** What of a call matters to what is told of it. `key`: `undefined` for one past the cache. */
export type AskedCall = Pick<Request, "call" | "settings" | "controls"> & { readonly key: string | undefined };

/** A call of the model: times it, and tells what came of it. */
export class ModelCall {
  readonly #request: AskedCall;
  readonly #tell: (event: CacheEvent) => void;
  readonly #startedAt = performance.now();
  #stoppedAt: number | undefined;

  constructor(request: AskedCall, tell: (event: CacheEvent) => void) {
    this.#request = request;
    this.#tell = tell;
  }

  /** @throws what `factory` throws */
  async make<Made>(factory: Factory<Made>, signal: AbortSignal): Promise<Made> {
    try {
      return await factory({ signal });
    } catch (error) {
      this.unanswered(error);
      throw error;
    }
  }

  stop(): void {
    this.#stoppedAt ??= performance.now();
  }

  /** Returns what the answer used. An answer that is `undefined` is not known. */
  answered(answer: unknown): Usage | undefined {
    this.stop();
    const usage = answer === undefined ? undefined : this.#usageOf(answer);
    const billed = accounted(this.#request, "miss", usage).accounting?.billed;
    const paid = billed !== undefined && { usage, billed };
    this.#tell({ type: "answered", ...this.#about, ...paid });
    return usage;
  }

  unanswered(error: unknown): void {
    this.stop();
    this.#tell({ type: "unanswered", ...this.#about, error: classOf(error) });
  }

  #usageOf(answer: unknown): Usage | undefined {
    try {
      return usageOf(this.#request, answer);
    } catch (error) {
      this.#tell({ type: "error", error: error as LlmCacheError });
      return undefined;
    }
  }

  get #about(): { readonly operation: string; readonly key?: string; readonly durationMs: number } {
    const { call, key } = this.#request;
    const durationMs = (this.#stoppedAt ?? performance.now()) - this.#startedAt;
    return { operation: call.operation, ...(key !== undefined && { key }), durationMs };
  }
}
