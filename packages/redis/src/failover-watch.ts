import { Redis } from "ioredis";
import type { ConnectionSettings, RedisAddress } from "./connect-options.ts";
import { listeningOptions, Subscription } from "./subscription.ts";

/** How often to look whether a primary that was replaced has been left, in ms: a Sentinel that knows no better may still have named it. */
const lookMs = 500;

/** How long a primary that was replaced may go on as one, in ms; Sentinels need about ten seconds to make a replica of it. */
const longestDemotionMs = 20_000;

type Sentinel = Extract<RedisAddress, { readonly sentinel: unknown }>["sentinel"];

/**
 * Leaves a primary as soon as a Sentinel names another one. Until Sentinels have made a replica of it, it takes writes and removals that
 * will be lost, and answers with what has been removed from the new one.
 *
 * ioredis has a `failoverDetector` for this, which writes to the console whenever a Sentinel is away.
 */
export class FailoverWatch {
  readonly #client: Redis;
  readonly #subscription: Subscription;
  #looking: NodeJS.Timeout | undefined;

  constructor(client: Redis, sentinel: Sentinel, settings: Pick<ConnectionSettings, "connectTimeoutMs">) {
    this.#client = client;
    let turn = 0;
    const open = () => {
      const { host, port = 26_379 } = sentinel.nodes[turn++ % sentinel.nodes.length] ?? {};
      return new Redis({
        ...listeningOptions,
        ...{ host: host ?? "localhost", port, enableReadyCheck: false, connectTimeout: settings.connectTimeoutMs },
        ...(sentinel.username !== undefined && { username: sentinel.username }),
        ...(sentinel.password !== undefined && { password: sentinel.password }),
        ...(sentinel.tls !== undefined && { tls: sentinel.tls }),
      });
    };
    this.#subscription = new Subscription(open, "+switch-master", {
      begun: () => undefined,
      // The client hears by itself when it is cut off; this is for a primary that is not.
      failed: () => undefined,
      received: (text) => {
        const [name, host, port] = text.split(" ");
        if (name !== sentinel.name) return;
        this.#leave();
        this.#leaveAgain({ host, port: Number(port) }, performance.now());
      },
    });
  }

  close(): void {
    clearTimeout(this.#looking);
    this.#subscription.close();
  }

  #leave(): void {
    // One that is just connecting would end for good, and asks a Sentinel anyway.
    if (this.#client.status === "ready") this.#client.disconnect(true);
  }

  #leaveAgain(replaced: { readonly host: string | undefined; readonly port: number }, since: number): void {
    clearTimeout(this.#looking);
    if (performance.now() - since > longestDemotionMs) return;
    this.#looking = setTimeout(() => {
      const { remoteAddress, remotePort } = this.#client.stream;
      if (remoteAddress === replaced.host && remotePort === replaced.port) this.#leave();
      this.#leaveAgain(replaced, since);
    }, lookMs).unref();
  }
}
