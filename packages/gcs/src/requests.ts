import { type IncomingHttpHeaders, Agent as HttpAgent, request as requestByHttp } from "node:http";
import { Agent as HttpsAgent, request as requestByHttps, type RequestOptions } from "node:https";
import process from "node:process";
import { buffer } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import type { ApiError, Storage } from "@google-cloud/storage";
import { errorOfReply } from "./error-of-reply.ts";

/** One request to the JSON API. */
export interface ApiRequest {
  readonly method: "GET" | "POST" | "DELETE";
  /** With a slash first, behind the endpoint. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  readonly body?: Uint8Array;
  /** The statuses beyond 2xx that answer the question, and are no failure. */
  readonly answers?: readonly number[];
  /** Whether it does no harm to send it twice. */
  readonly repeatable: boolean;
}

/** The whole reply to one. */
export interface ApiReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** How often the request was sent. */
  readonly attempts: number;
}

type Reply = Omit<ApiReply, "attempts">;

/** What the SDK gives a request by default. */
const defaultTimeoutMs = 60_000;

/** What a timer can be set for. */
const longestTimeoutMs = 2 ** 31 - 1;

/** How long a connection is kept without a use: what is between may forget an idle one, and not say so. */
const longestIdleMs = 30_000;

/** Before the first time that a request is sent again. */
const firstDelayMs = 100;

/**
 * Sends requests with a client's endpoint, credentials and settings for retries, over connections of its own.
 *
 * Not by the client's own methods: those cannot be aborted, and ignore `timeout`, so that each request that is not answered would keep
 * its connection (docs/decisions/0014-requests-to-google.md).
 */
export class Requests {
  readonly #client: Storage;
  readonly #agent: HttpAgent;
  readonly #start: typeof requestByHttps;

  constructor(client: Storage, maxSockets: number) {
    const isPlain = client.apiEndpoint.startsWith("http:");
    const Agent = isPlain ? HttpAgent : HttpsAgent;
    this.#client = client;
    this.#agent = new Agent({ keepAlive: true, maxSockets, timeout: longestIdleMs, proxyEnv: process.env });
    this.#start = isPlain ? requestByHttp : requestByHttps;
  }

  /** Resolves to the reply, read to its end; sends again what failed for a while, as the client's `retryOptions` say. Ends when `signal` does. */
  async send(request: ApiRequest, signal: AbortSignal | undefined): Promise<ApiReply> {
    const { autoRetry, maxRetries = 0, retryableErrorFn, ...delays } = this.#client.retryOptions;
    const { maxRetryDelay = Infinity, retryDelayMultiplier = 2, totalTimeout = Infinity } = delays;
    const retries = request.repeatable && autoRetry === true ? maxRetries : 0;
    const startedAt = performance.now();
    for (let retry = 0; ; retry++) {
      try {
        return { ...(await this.#sendOnce(request, signal)), attempts: retry + 1 };
      } catch (error) {
        const isLate = performance.now() - startedAt > totalTimeout * 1000;
        const isForAWhile = retryableErrorFn?.(error as ApiError) ?? false;
        if (retry === retries || isLate || !isForAWhile || signal?.aborted === true) throw error;
      }
      const delay = firstDelayMs * retryDelayMultiplier ** retry;
      await setTimeout(Math.min(delay, maxRetryDelay * 1000), undefined, signal && { signal });
    }
  }

  /** Closes the connections. */
  close(): void {
    this.#agent.destroy();
  }

  async #sendOnce(request: ApiRequest, signal: AbortSignal | undefined): Promise<Reply> {
    const { apiEndpoint, timeout: givenTimeout = defaultTimeoutMs } = this.#client;
    // Of 0 the SDK makes none.
    const timeout = givenTimeout > 0 ? Math.min(givenTimeout, longestTimeoutMs) : longestTimeoutMs;
    const { answers = [], contentType, method, path, query } = request;
    const url = `${apiEndpoint}${path}?${new URLSearchParams(query)}`;
    const headers = {
      ...(await this.#credentials(url)),
      ...(contentType === undefined ? {} : { "content-type": contentType }),
      "user-agent": "llmcache",
    };
    const deadline = AbortSignal.timeout(timeout);
    const bound = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
    const options = { method, headers, agent: this.#agent, signal: bound };
    const reply = await this.#exchange(url, options, request.body).catch((error: unknown) => {
      if (!deadline.aborted || signal?.aborted === true) throw error;
      const late = new Error(`Google did not answer within ${timeout} ms`, { cause: error });
      throw Object.assign(late, { code: "ETIMEDOUT" });
    });
    const { status, body } = reply;
    if ((status >= 200 && status < 300) || answers.includes(status)) return reply;
    throw errorOfReply(status, body);
  }

  /** A token, where the client would send one too: to an endpoint that is not Google's only if it is told to. */
  async #credentials(url: string): Promise<Record<string, string>> {
    const { authClient, customEndpoint, useAuthWithCustomEndpoint } = this.#client;
    if (customEndpoint && useAuthWithCustomEndpoint !== true) return {};
    return Object.fromEntries(await authClient.getRequestHeaders(url));
  }

  #exchange(url: string, options: RequestOptions, body: Uint8Array | undefined): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const outgoing = this.#start(url, options, (incoming) => {
        const { statusCode: status = 0, headers } = incoming;
        // A reply that breaks off is an error of the stream.
        buffer(incoming).then((bytes) => resolve({ status, headers, body: bytes }), reject);
      });
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  }
}
