import { groupByCommand, isCluster, type RedisClient } from "./client.ts";
import { toError } from "./explain-error.ts";
import { getTogether } from "./get-batch.ts";

type Result = Uint8Array | undefined | Error;

/**
 * Reads keys by as few commands as there can be: an `Error` for those of a command that failed. On a Cluster one that has not been answered
 * when nothing else has come for `nodeTimeoutMs` has failed too, so that a node that is away costs its own keys, and not the whole batch.
 *
 * @param readTogether reads keys that one command may name, in order
 * @throws the first failure where nothing could be read
 */
export async function getMany(
  client: RedisClient,
  keys: readonly string[],
  nodeTimeoutMs: number,
  readTogether: typeof getTogether = getTogether,
): Promise<Result[]> {
  const groups = groupByCommand(client, [...keys.entries()], ([, key]) => key);
  const reads = groups.map((group) => ({
    group,
    found: readTogether(
      client,
      group.map(([, key]) => key),
    ),
  }));
  const quiet = isCluster(client) ? quietAfter(nodeTimeoutMs) : undefined;
  const results: Result[] = Array.from({ length: keys.length });
  const failures: Error[] = [];
  try {
    await Promise.all(
      reads.map(async ({ group, found }) => {
        try {
          const values = await (quiet === undefined ? found : Promise.race([found, quiet.promise]));
          quiet?.begin();
          for (const [place, [index]] of group.entries()) results[index] = values[place];
        } catch (error) {
          const failure = toError(error);
          failures.push(failure);
          for (const [index] of group) results[index] = failure;
        }
      }),
    );
  } finally {
    quiet?.end();
  }
  if (failures[0] !== undefined && failures.length === reads.length) throw failures[0];
  return results;
}

/** A promise that rejects once nothing has begun anew for `ms`. */
function quietAfter(ms: number): { readonly promise: Promise<never>; begin(): void; end(): void } {
  const { promise, reject } = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  promise.catch(() => undefined);
  return {
    promise,
    begin() {
      if (timer !== undefined) timer.refresh();
      else timer = setTimeout(() => reject(new Error(`A node of the Cluster gave nothing for ${ms} ms`)), ms);
    },
    end: () => clearTimeout(timer),
  };
}
