import { connect, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";

/** What of a client's options tells where its server is. */
export interface SocketOptions {
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
  readonly tls?: ConnectionOptions;
}

/** Begins to open a socket, as the client itself does when nothing else is asked of it. */
export function openSocket({ host, port, path, tls }: SocketOptions): Socket {
  const address = path ? { path } : { port: port ?? 6379, ...(host !== undefined && { host }) };
  return tls === undefined ? connect(address) : connectTls({ ...address, ...tls });
}
