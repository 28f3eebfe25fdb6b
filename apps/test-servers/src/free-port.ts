import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * Where ports are looked for: below those that Linux gives to outgoing connections. A client that keeps trying a stopped server of
 * that range could be connected to itself, and its own port could be the one that a restart needs. Port + 10 000, where a node of a
 * Redis Cluster listens too, is below 32 768 as well.
 */
const firstPort = 10_000;
const lastPort = 22_767;

/** A port of 127.0.0.1 on which nobody listens, nor on those that lie `offsets` above it. Another process may still be faster. */
export async function freePort(offsets: readonly number[] = []): Promise<number> {
  for (;;) {
    const port = randomInt(firstPort, lastPort + 1);
    const free = await Promise.all([0, ...offsets].map((offset) => isFree(port + offset)));
    if (free.every(Boolean)) return port;
  }
}

/** Whether a server did not start because of its port, by what it or Node said. */
export function isPortTaken(error: unknown): boolean {
  return error instanceof Error && /EADDRINUSE|address already in use/i.test(error.message);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const listening = await new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => resolve(true));
  });
  if (listening) await new Promise((resolve) => server.close(resolve));
  return listening;
}
