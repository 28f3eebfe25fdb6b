import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** An HTTP proxy in front of a store. */
export interface CorruptingProxy extends AsyncDisposable {
  readonly endpoint: string;
}

/** What a store replies, before it is passed on. */
interface Reply {
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Buffer;
}

/** Forwards every request, and passes the reply on as `change` makes it; when that throws, the connection ends without one. */
export async function startCorruptingProxy(
  target: string,
  change: (reply: Reply, path: string) => Reply,
): Promise<CorruptingProxy> {
  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method, headers, url = "/" } = incoming;
    const forwarded = request(new URL(url, target), { method, headers: { ...headers, connection: "close" } });
    forwarded.end(await buffer(incoming));
    const [reply] = (await once(forwarded, "response")) as [IncomingMessage];
    const { connection: _, "content-length": _length, ...kept } = reply.headers;
    const changed = change({ headers: kept, body: await buffer(reply) }, url);
    outgoing.writeHead(reply.statusCode ?? 502, { ...changed.headers, "content-length": changed.body.length });
    outgoing.end(changed.body);
  }
  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
