// The least that a proxy can be: it passes on what comes, both ways, to the address that it is told.
import { Agent, createServer, request as send } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";

const agent = new Agent({ keepAlive: true });

process.once("message", (upstream: string) => {
  const server = createServer((request, response) => {
    const { host: _, ...headers } = request.headers;
    const outgoing = send(`${upstream}${request.url}`, { method: request.method, headers, agent }, (incoming) => {
      response.writeHead(incoming.statusCode ?? 502, incoming.headers);
      incoming.pipe(response);
    });
    request.pipe(outgoing);
  });
  server.listen(0, "127.0.0.1", () => {
    process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
});
process.send?.("ready");
