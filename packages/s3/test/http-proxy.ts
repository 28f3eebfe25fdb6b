import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

/** An HTTP proxy in front of a store. */
export interface HttpProxy {
  readonly endpoint: string;
  /** How many connections it was sent requests on. */
  connections(): number;
  requests(): number;
  stop(): Promise<void>;
}

/** Forwards every request as it is, but for headers that are left out. It keeps connections open, as stores do and test servers may not. */
export async function startHttpProxy(target: string, without: readonly string[] = []): Promise<HttpProxy> {
  let connections = 0;
  let requests = 0;
  const server = createServer((incoming, outgoing) => {
    requests++;
    const kept = Object.entries(incoming.headers).filter(([name]) => !without.includes(name));
    const headers = { ...Object.fromEntries(kept), connection: "close" };
    const forwarded = request(new URL(incoming.url ?? "/", target), { method: incoming.method, headers }, (reply) => {
      const { connection: _, ...replied } = reply.headers;
      outgoing.writeHead(reply.statusCode ?? 502, replied);
      reply.pipe(outgoing);
    });
    forwarded.on("error", () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  server.on("connection", () => connections++);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    connections: () => connections,
    requests: () => requests,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
