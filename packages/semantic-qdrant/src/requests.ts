import { untilAborted } from "@llmcache/core";
import type { QdrantClient } from "@qdrant/js-client-rest";
import { explainError } from "./explain-error.ts";

type Api = ReturnType<QdrantClient["api"]>;

/** What goes with each request. */
export interface RequestInitOfClient {
  readonly signal: AbortSignal;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Replies as they are. Of one that it compresses, which `fetch` asks for by itself, Qdrant sends the head alone and waits with the body until
 * the head is acknowledged, which the other side's kernel puts off: 40 ms for each request (docs/decisions/0024-replies-of-qdrant-as-they-are.md).
 */
const headers = { "accept-encoding": "identity" };

/** Sends requests by a client, each for no longer than `timeoutMs` and no longer than its caller waits. */
export class Requests {
  readonly #client: QdrantClient;
  readonly #timeoutMs: number;

  constructor(client: QdrantClient, timeoutMs: number) {
    this.#client = client;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * What the reply has as its `result`.
   *
   * @throws {Error} that says what to do, with the `status` of a reply; or the reason of `signal`
   */
  async send<Result>(
    signal: AbortSignal | undefined,
    request: (api: Api, init: RequestInitOfClient) => Promise<{ readonly data: { readonly result?: Result } }>,
  ): Promise<Result> {
    signal?.throwIfAborted();
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    const ends = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    try {
      // A client with a time limit of its own does not heed the signal.
      const { data } = await untilAborted(request(this.#client.api(), { signal: ends, headers }), ends);
      if (data.result === undefined) throw new Error("Qdrant answered without a result");
      return data.result;
    } catch (error) {
      signal?.throwIfAborted();
      throw explainError(error, this.#timeoutMs);
    }
  }
}
