import { ownBytes } from "./bytes.ts";
import { groupByCommand, type RedisClient } from "./client.ts";

type Found = Uint8Array | undefined;

interface WaitingGet {
  readonly key: string;
  readonly resolve: (found: Found) => void;
  readonly reject: (error: unknown) => void;
}

/** Sends the gets of one tick together: one MGET, or on a Cluster one for each slot. One that is alone goes as a plain GET, at once. */
export class GetBatch {
  readonly #client: RedisClient;
  #waiting: WaitingGet[] = [];

  constructor(client: RedisClient) {
    this.#client = client;
  }

  get(key: string): Promise<Found> {
    return new Promise((resolve, reject) => {
      // Runs when nothing else of this tick is left to run: callers who await a chain of promises before their get are part of it.
      if (this.#waiting.push({ key, resolve, reject }) === 1) process.nextTick(() => this.#send());
    });
  }

  #send(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const gets of groupByCommand(this.#client, waiting, ({ key }) => key)) void this.#answer(gets);
  }

  async #answer(gets: readonly WaitingGet[]): Promise<void> {
    try {
      const found = await getTogether(
        this.#client,
        gets.map(({ key }) => key),
      );
      for (const [index, { resolve }] of gets.entries()) resolve(found[index]);
    } catch (error) {
      for (const { reject } of gets) reject(error);
    }
  }
}

/** Reads keys by one command, in order. */
export async function getTogether(client: RedisClient, keys: readonly string[]): Promise<Found[]> {
  const [first] = keys;
  if (first === undefined) return [];
  if (keys.length === 1) return [ownBytes(await client.getBuffer(first))];
  return (await client.mgetBuffer(...keys)).map(ownBytes);
}
