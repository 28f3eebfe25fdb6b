/**
 * This machine cannot run a server: it has another system, say, or nothing could be downloaded. The message ends the sentence that
 * a skipped test gives for its reason, `needs Redis 8: ...`.
 *
 * A server that is there and fails to start throws an `Error` instead: that is a failure.
 */
export class ServerUnavailable extends Error {
  override readonly name = "ServerUnavailable";
}
