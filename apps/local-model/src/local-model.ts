import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type Behaviour,
  type BehaviourChanges,
  changeBehaviour,
  type Failure,
  type Route,
  routes,
} from "./behaviour.ts";
import { type Calls, noCalls } from "./calls.ts";
import { createdClock } from "./identifiers.ts";
import type { Body } from "./question.ts";
import { readBody } from "./read-body.ts";
import { respond } from "./respond.ts";

/** A request that arrived. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** A JSON object, or the fields of a form; `undefined` when it was neither. */
  readonly body: Body | undefined;
}

/** A model server on this machine. */
export interface LocalModel extends AsyncDisposable {
  /** What to give OpenAI's client as its base URL. It ends in `/v1`. */
  readonly url: string;
  /** What to give the clients of other vendors. */
  readonly origin: string;
  /** What it was asked to do, counted up to the moment of reading. */
  readonly calls: Calls;
  /** The last 100 requests, the newest last. */
  readonly requests: readonly ReceivedRequest[];
  /** Changes how it behaves, from the next request on. A failure that is given counts its `times` anew. */
  update(changes: BehaviourChanges): void;
  /** Counters to 0, no requests, and the behaviour it was started with. */
  reset(): void;
  /** Stops it, and ends what is still open. */
  close(): Promise<void>;
}

const mostRequestsKept = 100;

/**
 * Starts a deterministic model that speaks the APIs of OpenAI, Anthropic and others on a free port of 127.0.0.1.
 *
 * The same question always gets the same text. As with a real model the identifiers and the time of creation differ on each
 * call, so that a replayed answer can be told from a new one.
 */
export async function startLocalModel(behaviour: BehaviourChanges = {}): Promise<LocalModel> {
  const initial = changeBehaviour(behaviour);
  const created = createdClock();
  let current = initial;
  let failuresLeft = initial.failure?.times ?? Infinity;
  let calls = noCalls();
  let requests: ReceivedRequest[] = [];
  let closing = false;

  const takeFailure = (route: Route): Failure | undefined => {
    const { failure } = current;
    if (failure === undefined || failuresLeft <= 0 || (failure.route ?? route) !== route) return undefined;
    failuresLeft--;
    calls.failed++;
    return failure;
  };

  const change = (next: Behaviour) => {
    if (next.failure !== current.failure) failuresLeft = next.failure?.times ?? Infinity;
    current = next;
  };

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const startedAt = performance.now();
    const left = new AbortController();
    const at = { request, response, startedAt, signal: left.signal };
    let failure: Failure | undefined;
    response.once("close", () => {
      if (response.writableFinished) return;
      if (!closing && failure?.kind !== "reset") calls.aborted++;
      left.abort();
    });
    const body = await readBody(request);
    const { pathname: path, searchParams: query } = new URL(request.url ?? "", "http://localhost");
    requests = [
      ...requests.slice(1 - mostRequestsKept),
      { method: request.method ?? "", path, headers: request.headers, body },
    ];
    await respond({
      ...at,
      path,
      query,
      body,
      created,
      behaviour: current,
      earlierRequests: routes.reduce((total, route) => total + calls[route], 0),
      count: (route, embeddingInputs = 0) => {
        calls[route]++;
        if (route !== "models") failure = takeFailure(route);
        if (failure === undefined) calls.embeddingInputs += embeddingInputs;
        return failure;
      },
    });
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      // Nobody is left to tell when the client has gone.
      if (!response.destroyed) response.destroy(error instanceof Error ? error : undefined);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });

  const close = () => {
    closing = true;
    return new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  };

  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `${origin}/v1`,
    origin,
    get calls() {
      return { ...calls };
    },
    get requests() {
      return requests;
    },
    update: (changes) => change(changeBehaviour(changes, current)),
    reset: () => {
      calls = noCalls();
      requests = [];
      current = initial;
      failuresLeft = initial.failure?.times ?? Infinity;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
