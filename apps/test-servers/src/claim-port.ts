import { randomInt } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";

/** A port of 127.0.0.1 that no other server of this kind takes, whether its owner listens at the moment or not. */
export interface ClaimedPort {
  readonly port: number;
  /** Gives it up. Once it is, this does nothing. */
  release(): void;
}

/**
 * Where ports are looked for: below those that Linux gives to outgoing connections. A client that keeps trying a stopped server of
 * that range could be connected to itself, and its own port could be the one that a restart needs. 10 000 above, where a node of a
 * Redis Cluster listens too, is below that range as well.
 */
const firstPort = 10_000;
const lastPort = 22_767;

/**
 * Claims a port on which nobody listens, and those that lie `offsets` above it. The claim is held against other test runs on this
 * machine, and ends with this process at the latest.
 */
export async function claimPort(offsets: readonly number[] = []): Promise<ClaimedPort> {
  for (;;) {
    const port = randomInt(firstPort, lastPort + 1);
    const ports = [port, ...offsets.map((offset) => port + offset)];
    const claims = await Promise.all(ports.map(claim));
    const release = () => {
      for (const socket of claims.splice(0)) socket?.close();
    };
    const isClaimed = claims.every((socket) => socket !== undefined);
    if (isClaimed && (await Promise.all(ports.map(isFree))).every(Boolean)) return { port, release };
    release();
  }
}

/** Whether a server did not start because of its port, by what it or Node said: one that claims nothing was faster. */
export function isPortTaken(error: unknown): boolean {
  return error instanceof Error && /EADDRINUSE|address already in use/i.test(error.message);
}

/** The UDP port of the same number stands for the claim: nobody here uses it, and the system gives it to one process only. */
async function claim(port: number): Promise<Socket | undefined> {
  const socket = createSocket("udp4").unref();
  try {
    socket.bind({ port, address: "127.0.0.1", exclusive: true });
    await once(socket, "listening");
    return socket;
  } catch {
    socket.close();
    return undefined;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  } catch {
    return false;
  }
  await new Promise((resolve) => server.close(resolve));
  return true;
}
