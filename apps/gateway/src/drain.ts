import type { Server } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as after } from "node:timers/promises";

/** Ends a server's connections when they have nothing more to do. */
export interface Drain {
  /** Takes no more connections, and resolves once all have ended: at their own time, or after `timeoutMs`. */
  close(timeoutMs: number): Promise<void>;
}

/**
 * Watches a server from its beginning. Its own `closeIdleConnections` counts those as busy that were opened and never used, as browsers and
 * connection pools do, so that it would wait for them.
 */
export function drainOf(server: Server): Drain {
  const busy = new Map<Socket, number>();
  let closing = false;
  const endIfIdle = (socket: Socket) => {
    if (closing && busy.get(socket) === 0) socket.destroySoon();
  };
  server.on("connection", (socket: Socket) => {
    busy.set(socket, 0);
    socket.once("close", () => busy.delete(socket));
  });
  server.on("request", ({ socket }, outgoing) => {
    busy.set(socket, (busy.get(socket) ?? 0) + 1);
    outgoing.once("close", () => {
      if (!busy.has(socket)) return;
      busy.set(socket, (busy.get(socket) ?? 1) - 1);
      endIfIdle(socket);
    });
  });
  return {
    async close(timeoutMs) {
      closing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of busy.keys()) endIfIdle(socket);
      const over = new AbortController();
      await Promise.race([closed, after(timeoutMs, undefined, { signal: over.signal }).catch(() => undefined)]);
      over.abort();
      server.closeAllConnections();
      await closed;
    },
  };
}
