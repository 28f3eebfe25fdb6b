import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { claimPort, isPortTaken, type ClaimedPort } from "./claim-port.ts";
import { FaultLane, forwardAll, type LaneRule } from "./fault-lane.ts";
import { stoppable, type Stoppable } from "./stoppable.ts";

/**
 * What the proxy does to connections, those that are open and those that come:
 *
 * - `"pass"`: forwards both ways, and goes on with what another mode has held back.
 * - `"refuse"`: nobody listens, and what was open is reset.
 * - `"blackhole"`: accepts, and forwards nothing either way.
 * - `"stall"`: forwards requests and holds back replies. With `{ stall: bytes }` after so many bytes of each connection's replies.
 * - `{ cutReply: bytes }`: resets a connection after so many bytes of replies.
 * - `{ truncate: bytes }`: ends it there, as if that were all.
 * - `{ latency: ms }`: each piece of a reply arrives so much later.
 */
export type FaultMode =
  | "pass"
  | "refuse"
  | "blackhole"
  | "stall"
  | { readonly stall: number }
  | { readonly cutReply: number }
  | { readonly truncate: number }
  | { readonly latency: number };

/** Where a server listens; `endpoint` is a URL. */
export type ServerAddress = { readonly host: string; readonly port: number } | { readonly endpoint: string };

/** A TCP proxy in front of a server. */
export interface FaultProxy extends Stoppable {
  readonly host: string;
  /** The same in all modes. */
  readonly port: number;
  /** Both, as the URL of a server that speaks HTTP. */
  readonly endpoint: string;
  /** Changes the mode. Bytes of replies are counted from here on. Resolves when it is in force. */
  set(mode: FaultMode): Promise<void>;
  /** Resets all open connections, once. The mode stays. */
  dropAll(): void;
}

/** Starts a proxy on a free port of 127.0.0.1 in front of a server. It passes everything on until it is told otherwise. */
export async function startFaultProxy(target: ServerAddress): Promise<FaultProxy> {
  let mode: FaultMode = "pass";
  const connections = new Set<Connection>();

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const upstream = connect({ ...hostAndPort(target), allowHalfOpen: true, noDelay: true });
    const rules = rulesOf(mode);
    const connection = {
      client,
      upstream,
      requests: new FaultLane(client, upstream, rules.requests),
      replies: new FaultLane(upstream, client, rules.replies),
    };
    connections.add(connection);
    client.once("close", () => connections.delete(connection));
  });

  const dropAll = () => {
    for (const { client, upstream } of connections) {
      client.resetAndDestroy();
      upstream.resetAndDestroy();
    }
  };
  const refuse = async () => {
    dropAll();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  const claim = await listenOnFreePort(server);
  const { port } = claim;
  const stop = async () => {
    await refuse();
    claim.release();
  };

  return {
    host,
    port,
    endpoint: `http://${host}:${port}`,
    set: async (next) => {
      mode = next;
      if (mode === "refuse") return refuse();
      if (!server.listening) await listen(server, port);
      const rules = rulesOf(mode);
      for (const { requests, replies } of connections) {
        requests.setRule(rules.requests);
        replies.setRule(rules.replies);
      }
    },
    dropAll,
    ...stoppable(stop),
  };
}

interface Connection {
  readonly client: Socket;
  readonly upstream: Socket;
  readonly requests: FaultLane;
  readonly replies: FaultLane;
}

const host = "127.0.0.1";

function hostAndPort(address: ServerAddress): { readonly host: string; readonly port: number } {
  if (!("endpoint" in address)) return address;
  const { hostname, port } = new URL(address.endpoint);
  return { host: hostname, port: Number(port) };
}

const holdAll: LaneRule = { ...forwardAll, limit: 0 };

function rulesOf(mode: FaultMode): { readonly requests: LaneRule; readonly replies: LaneRule } {
  if (mode === "blackhole") return { requests: holdAll, replies: holdAll };
  return { requests: forwardAll, replies: replyRule(mode) };
}

function replyRule(mode: FaultMode): LaneRule {
  if (mode === "stall") return holdAll;
  if (typeof mode === "string") return forwardAll;
  if ("latency" in mode) return { ...forwardAll, latency: mode.latency };
  if ("stall" in mode) return { ...forwardAll, limit: mode.stall };
  if ("cutReply" in mode) return { ...forwardAll, limit: mode.cutReply, atLimit: "reset" };
  return { ...forwardAll, limit: mode.truncate, atLimit: "end" };
}

async function listenOnFreePort(server: Server): Promise<ClaimedPort> {
  for (;;) {
    const claim = await claimPort();
    try {
      await listen(server, claim.port);
      return claim;
    } catch (error) {
      claim.release();
      if (!isPortTaken(error)) throw error;
    }
  }
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, host);
  await once(server, "listening");
}
