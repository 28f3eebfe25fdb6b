import type { Stoppable } from "./server-or-skip.ts";

/** Starts several servers at the same time. When one does not start, none stays. */
export async function startTogether<Server extends Stoppable>(
  count: number,
  start: (index: number) => Promise<Server>,
): Promise<readonly Server[]> {
  const starts = await Promise.allSettled(Array.from({ length: count }, (_, index) => start(index)));
  const servers = starts.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const failed = starts.find((result) => result.status === "rejected");
  if (failed === undefined) return servers;
  await stopTogether(servers);
  throw failed.reason;
}

/** Stops them all. */
export async function stopTogether(servers: readonly Stoppable[]): Promise<void> {
  await Promise.all(servers.map((server) => server.stop()));
}
