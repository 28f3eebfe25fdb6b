import { AbstractConnector, SentinelConnector, type SentinelConnectionOptions } from "ioredis";
import { once } from "node:events";
import { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { authenticate } from "./authenticate.ts";
import { openSocket, type SocketOptions } from "./open-socket.ts";
import type { SignIn } from "./sign-in.ts";

/** What a client hands to its connector: its own options. */
type ConnectorOptions = SocketOptions &
  SentinelConnectionOptions & { readonly connectTimeout: number; readonly disconnectTimeout: number };

/** Makes the connections of a client, and of all that it is duplicated to, signed in before anything else is sent on them. */
export interface SigningConnector {
  new (options: unknown): AbstractConnector;
  readonly signIn: SignIn;
}

export function connectorFor(signIn: SignIn): SigningConnector {
  return class extends AbstractConnector {
    static readonly signIn: SignIn = signIn;
    readonly #options: ConnectorOptions;
    readonly #sentinel: SentinelConnector | undefined;

    constructor(options: unknown) {
      const given = options as ConnectorOptions;
      super(given.disconnectTimeout);
      this.#options = given;
      this.#sentinel = given.sentinels ? new SentinelConnector(given) : undefined;
    }

    async connect(tell: (type: string, error: Error) => void): Promise<Socket> {
      this.connecting = true;
      let stream: Socket | undefined;
      try {
        const credentials = await signIn.credentials();
        if (!this.connecting) throw new Error("Connection is closed.");
        stream = this.#sentinel === undefined ? openSocket(this.#options) : await this.#sentinel.connect(tell);
        this.stream = stream;
        const { connectTimeout } = this.#options;
        stream.setTimeout(connectTimeout, () => stream?.destroy(timedOut(connectTimeout)));
        if (stream.connecting) await once(stream, stream instanceof TLSSocket ? "secureConnect" : "connect");
        await authenticate(stream, credentials);
        return stream.setTimeout(0);
      } catch (error) {
        // A connector that rejects ends its client for good. One that comes with a broken connection is asked again later.
        this.firstError = error instanceof Error ? error : new Error("Signing in to Redis failed", { cause: error });
        return (stream ?? new Socket()).on("error", () => undefined).destroy();
      }
    }

    override check(info: { role?: string }): boolean {
      return this.#sentinel?.check(info) ?? true;
    }

    override disconnect(): void {
      this.#sentinel?.disconnect();
      super.disconnect();
    }
  };
}

/** What keeps the connections of a client signed in, if anything does. */
export function signInOf({ options }: { readonly options: { readonly Connector?: unknown } }): SignIn | undefined {
  return (options.Connector as Partial<SigningConnector> | undefined)?.signIn;
}

function timedOut(ms: number): Error {
  return Object.assign(new Error(`Redis did not accept the connection within ${ms} ms`), { code: "ETIMEDOUT" });
}
