import { isCluster, type RedisClient } from "./client.ts";

/** A write as the client takes it. */
export interface Write {
  readonly key: string;
  readonly value: Buffer;
  readonly ttlMs: number | undefined;
}

/** Writes one entry. */
export async function putOne(client: RedisClient, { key, value, ttlMs }: Write): Promise<void> {
  await (ttlMs === undefined ? client.set(key, value) : client.set(key, value, "PX", ttlMs));
}

/** Writes entries, on one server by one pipeline. All are tried. @throws the first failure */
export async function putTogether(client: RedisClient, writes: readonly Write[]): Promise<void> {
  if (isCluster(client)) {
    await allTried(writes.map((write) => putOne(client, write)));
    return;
  }
  const pipeline = client.pipeline();
  for (const { key, value, ttlMs } of writes) {
    if (ttlMs === undefined) pipeline.set(key, value);
    else pipeline.set(key, value, "PX", ttlMs);
  }
  const failed = (await pipeline.exec())?.find(([error]) => error !== null);
  if (failed?.[0]) throw failed[0];
}

/** Waits for all of them. @throws the first failure */
export async function allTried(attempts: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(attempts)).find(({ status }) => status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
}
