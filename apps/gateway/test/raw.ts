import { once } from "node:events";
import { connect } from "node:net";

/** Sends bytes as they are, and gives all that comes back until the connection ends. */
export async function sendRaw(url: string, text: string | Uint8Array, patienceMs = 20_000): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  const pieces: Buffer[] = [];
  socket.on("data", (piece: Buffer) => pieces.push(piece));
  // A server that has heard enough may reset the connection.
  socket.on("error", () => undefined);
  socket.setTimeout(patienceMs, () => socket.destroy());
  const closed = once(socket, "close");
  socket.write(text);
  await closed;
  return Buffer.concat(pieces).toString("latin1");
}

/** A request of HTTP/1.1 after which the connection ends. */
export function request(target: string, headers: readonly string[] = [], body = "", method = "GET"): string {
  return [`${method} ${target} HTTP/1.1`, "host: localhost", "connection: close", ...headers, "", body].join("\r\n");
}

/** The status of a raw response. */
export function statusOf(response: string): number {
  return Number(/^HTTP\/1\.[01] (\d{3})/.exec(response)?.[1] ?? 0);
}
