import type { Cluster, Redis } from "ioredis";
import { slotOf } from "./slot.ts";

/** A client of ioredis, for one server (found by Sentinel or not) or for a Cluster. */
export type RedisClient = Redis | Cluster;

/** The servers that hold the entries, each of them a part of them. */
export function primariesOf(client: RedisClient): readonly Redis[] {
  return isCluster(client) ? client.nodes("master") : [client];
}

/** Whether the client is one of a Cluster, on which a command takes only keys of one slot. */
export function isCluster(client: RedisClient): client is Cluster {
  return client.isCluster;
}

/** Puts together what one command may name: everything, or on a Cluster what is in one slot. */
export function groupByCommand<Item>(
  client: RedisClient,
  items: readonly Item[],
  keyOf: (item: Item) => string,
): readonly (readonly Item[])[] {
  if (!isCluster(client) || items.length === 1) return chunksOf(items);
  return [...Map.groupBy(items, (item) => slotOf(keyOf(item))).values()].flatMap(chunksOf);
}

/** Keys in one command at most: a server answers nobody else meanwhile. 500 entries of 2 KB take it about half a millisecond. */
const mostKeys = 500;

function chunksOf<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  if (items.length <= mostKeys) return items.length === 0 ? [] : [items];
  return Array.from({ length: Math.ceil(items.length / mostKeys) }, (_, index) =>
    items.slice(index * mostKeys, (index + 1) * mostKeys),
  );
}
