// Begins every stream, and ends none until it is told to. Its parent hears its port.
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";

const open = new Set<ServerResponse>();
const event = (delta: object, reason: string | null) =>
  `data: ${JSON.stringify({ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta, finish_reason: reason }] })}\n\n`;
const beginning = Array.from({ length: 150 }, (_, index) => event({ content: `word ${index} ` }, null)).join("");

const server = createServer((request, response) => {
  request.resume();
  open.add(response);
  response.once("close", () => open.delete(response));
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(beginning);
});
server.listen({ port: 0, host: "127.0.0.1", backlog: 20_000 }, () =>
  process.send?.((server.address() as AddressInfo).port),
);
process.on("message", (message) => {
  if (message === "count") process.send?.(open.size);
  if (message === "finish") for (const response of open) response.end(`${event({}, "stop")}data: [DONE]\n\n`);
});
process.on("disconnect", () => process.exit());
