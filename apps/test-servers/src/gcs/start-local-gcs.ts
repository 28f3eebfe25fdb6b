import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Access, type ServiceAccountKey } from "./access.ts";
import { ApiError } from "./api-error.ts";
import { Buckets } from "./buckets.ts";
import { type Exchange, send } from "./exchange.ts";
import { respond } from "./respond.ts";
import { Uploads } from "./uploads.ts";

/** How `startLocalGcs` starts it. */
export interface LocalGcsOptions {
  /** The buckets that are there. @default none */
  readonly buckets?: readonly string[];
  /** Whether each request needs a token that the server gave out itself, to an account that it made. @default false */
  readonly requireToken?: boolean;
}

/** A request that arrived. */
export interface GcsRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
}

/** A server of Google Cloud Storage's JSON API on this machine. */
export interface LocalGcs extends AsyncDisposable {
  /** For a client's `apiEndpoint`. */
  readonly endpoint: string;
  readonly projectId: string;
  /** What arrived, the newest last. */
  readonly requests: readonly GcsRequest[];
  /** Permissions that nobody has, such as `storage.objects.list`. Changes count from the next request on. */
  readonly denied: Set<string>;
  /** Answers as many requests as there are statuses with those, one after another, and does nothing else for them. */
  failNext(...statuses: readonly number[]): void;
  /** How many connections are open. */
  connections(): Promise<number>;
  /** Where signed JWTs are exchanged for tokens: what `https://oauth2.googleapis.com/token` is to Google. */
  readonly tokenEndpoint: string;
  /** Makes a service account, and gives what its key file holds. */
  createAccount(): ServiceAccountKey;
  /** Tokens that were given so far are worth nothing from now on. */
  revokeTokens(): void;
  stop(): Promise<void>;
}

/**
 * Starts a small, strict server of the JSON API on a free port of 127.0.0.1: uploads of every type, conditions, downloads, listings,
 * buckets, and the exchange of a service account's signed JWT for a token. What it knows is what Google documents
 * (cloud.google.com/storage/docs/json_api/v1); what it keeps is in memory, and seen by all as soon as it is written.
 */
export async function startLocalGcs(options: LocalGcsOptions = {}): Promise<LocalGcs> {
  const { buckets = [], requireToken = false } = options;
  const projectId = "llmcache-test";
  const requests: GcsRequest[] = [];
  const failures: number[] = [];
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const access = new Access(requireToken);
  const stored = new Buckets();
  for (const name of buckets) stored.create(name);
  const site = { endpoint, access, buckets: stored, uploads: new Uploads(stored, endpoint) };

  server.on("request", (request, response) => {
    const { method = "", url: path = "" } = request;
    requests.push({ method, path });
    readExchange(request, response)
      .then((exchange) => {
        try {
          const status = failures.shift();
          if (status !== undefined) throw new ApiError(status, "backendError", "The server was told to fail.");
          respond(exchange, site);
        } catch (error) {
          sendError(exchange, error);
        }
      })
      // Nobody is left to answer when the client leaves in the middle of its request.
      .catch(() => response.destroy());
  });

  const stop = async () => {
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return {
    endpoint,
    projectId,
    tokenEndpoint: `${endpoint}/token`,
    requests,
    denied: access.denied,
    failNext: (...statuses) => void failures.push(...statuses),
    connections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
      }),
    createAccount: () => access.createAccount(projectId),
    revokeTokens: () => access.revokeTokens(),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function readExchange(request: IncomingMessage, response: ServerResponse): Promise<Exchange> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  // Not by `URL`, which would take the dots in `/o/..` for steps.
  const [path = "", search = ""] = (request.url ?? "").split(/\?(.*)/s);
  const query = new URLSearchParams(search);
  return { request, response, method: request.method ?? "", path, query, body: Buffer.concat(pieces) };
}

/** As JSON; as a text where bytes were asked for; without a body where there may be none. */
function sendError(exchange: Exchange, error: unknown): void {
  const failure = error instanceof ApiError ? error : new ApiError(500, "backendError", String(error));
  if (failure.status === 304) return send(exchange, 304, {});
  if (exchange.query.get("alt") === "media") {
    return send(exchange, failure.status, { "content-type": "text/html; charset=UTF-8" }, failure.message);
  }
  send(exchange, failure.status, { "content-type": "application/json; charset=UTF-8" }, JSON.stringify(failure));
}
