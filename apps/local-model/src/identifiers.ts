import { randomBytes } from "node:crypto";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** A new identifier on each call, in the form of the API's: `chatcmpl-…`, `call_…`. */
export function newIdentifier(prefix: string, length = 29): string {
  return prefix + Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join("");
}

/**
 * Tells the time in seconds, but each time later than the last: two answers in one second would otherwise have the same
 * `created`, and a test could not tell a new answer from a replay.
 */
export function createdClock(): () => number {
  let last = 0;
  return () => {
    last = Math.max(Math.floor(Date.now() / 1000), last + 1);
    return last;
  };
}
