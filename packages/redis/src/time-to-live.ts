/** Longer than any server is up; Redis rejects what overflows its clock of 64 bits. */
const longestMs = Number.MAX_SAFE_INTEGER / 2;

/**
 * The ms to live for an expiry in epoch ms: whole, as Redis wants them, never shorter than what is left, and 1 for what is over
 * (Redis rejects 0). From now on and not an absolute time, so that it does not matter what time it is on the server.
 */
export function timeToLive(expiresAt: number | undefined): number | undefined {
  if (expiresAt === undefined) return undefined;
  const ms = Math.max(1, Math.ceil(expiresAt - Date.now()));
  return ms > longestMs ? undefined : ms;
}
