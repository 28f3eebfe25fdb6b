import { type Backend, Cache } from "@llmcache/core";

/** What a cache did under load. */
export interface Load {
  /** How the calls since the last look were answered. */
  statuses(): readonly string[];
  /** Ends it. @throws what any call rejected with, or the first wrong answer */
  stop(): Promise<void>;
}

/** Asks a few questions again and again, until it is stopped. */
export function startLoad(backend: Backend): Load {
  const cache = new Cache({ backend, namespace: crypto.randomUUID(), readTimeout: 0.3 });
  let statuses: string[] = [];
  let going = true;
  const lane = async () => {
    for (let turn = 0; going; turn++) {
      const question = turn % 30;
      const { value, status } = await cache.run(
        { operation: "chat", params: { question } },
        () => `answer ${question}`,
      );
      if (value !== `answer ${question}`) throw new Error(`a wrong answer to ${question}: ${value}`);
      statuses.push(status);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  const lanes = Promise.all([lane(), lane(), lane()]);
  // Whoever stops it hears of it.
  lanes.catch(() => undefined);
  return {
    statuses() {
      const seen = statuses;
      statuses = [];
      return seen;
    },
    async stop() {
      going = false;
      await lanes;
      await cache[Symbol.asyncDispose]();
    },
  };
}

/** Whether all of some calls were hits, of which there must be enough to tell. */
export function areHits(statuses: readonly string[]): boolean {
  return statuses.length > 10 && statuses.every((status) => status === "hit");
}
