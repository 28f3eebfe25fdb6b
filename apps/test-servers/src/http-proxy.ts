import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, request } from "node:http";
import type { AddressInfo } from "node:net";

/** What `startHttpProxy` takes. */
export interface HttpProxyOptions {
  /** The URL of the server. The path of each request is taken as it comes. */
  readonly target: string;
  /** Headers of requests that are left out, in lower case, as a store would that does not know them. @default none */
  readonly withoutHeaders?: readonly string[] | undefined;
  /** The same of replies. @default none */
  readonly withoutReplyHeaders?: readonly string[] | undefined;
}

/** An HTTP proxy in front of a server. */
export interface HttpProxy extends AsyncDisposable {
  readonly endpoint: string;
  /** How many connections there have been. */
  connections(): number;
  /** How many requests there have been. */
  requests(): number;
  stop(): Promise<void>;
}

/** Forwards requests and replies as they are. It keeps connections open, as stores do and their stand-ins may not. */
export async function startHttpProxy(options: HttpProxyOptions): Promise<HttpProxy> {
  const { target, withoutHeaders = [], withoutReplyHeaders = [] } = options;
  let connections = 0;
  let requests = 0;
  const server = createServer((incoming, outgoing) => {
    requests++;
    const headers = { ...without(withoutHeaders, incoming.headers), connection: "close" };
    const forwarded = request(new URL(incoming.url ?? "/", target), { method: incoming.method, headers }, (reply) => {
      outgoing.writeHead(reply.statusCode ?? 502, without(["connection", ...withoutReplyHeaders], reply.headers));
      reply.pipe(outgoing);
    });
    forwarded.on("error", () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  server.on("connection", () => connections++);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return {
    endpoint: `http://127.0.0.1:${port}`,
    connections: () => connections,
    requests: () => requests,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function without(names: readonly string[], headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));
}
